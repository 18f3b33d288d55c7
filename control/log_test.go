package control

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFactsOfALogLineKeepTheirOrder(t *testing.T) {
	const text = `{"time":"2026-11-20T03:00:00Z","level":"warn","msg":"not sent","attrs":{"path":"a \"b\"","files":3,"err":{"x":[1]},"a":null}}`
	var r LogRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range r.Attrs {
		got = append(got, a.Key+"="+a.Text())
	}
	if diff := cmp.Diff([]string{`path=a "b"`, "files=3", `err={"x":[1]}`, "a=null"}, got); diff != "" {
		t.Error(diff)
	}
	again, err := json.Marshal(r)
	if err != nil || string(again) != text {
		t.Errorf("%s became %s (%v)", text, again, err)
	}
}

func TestFactsThatAreNoObjectAreRefused(t *testing.T) {
	for _, text := range []string{`{"attrs":[1]}`, `{"attrs":"x"}`, `{"attrs":3}`} {
		var r LogRecord
		if err := json.Unmarshal([]byte(text), &r); err == nil {
			t.Errorf("%s is accepted: %+v", text, r)
		}
	}
}
