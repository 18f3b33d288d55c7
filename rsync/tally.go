package rsync

// maxMessages bounds what is remembered of a run. Beyond it the job counts as
// failed in a place unknown.
const maxMessages = 10_000

// tally is what one of rsync's two output streams said. Its reader owns it
// until the run is over.
type tally struct {
	unknown meaning // of a line of no known shape
	flat    bool
	onItem  func(Item)
	tail    tail
	said    []message // all that means something
	more    bool      // there were more than maxMessages
	newDirs []string  // in a flat job
	sent    int
	deleted int
}

// line takes one line without its end.
func (y *tally) line(raw string) {
	text := unescape(raw)
	if item, ok := parseItem(text); ok {
		y.item(item)
		return
	}
	m := parseMessage(text, y.unknown)
	switch {
	case m.meaning == chatter:
	case len(y.said) == maxMessages:
		y.more = true
	default:
		y.said = append(y.said, m)
	}
}

func (y *tally) item(i Item) {
	switch {
	case i.Deleted:
		y.deleted++
	case i.Sent():
		y.sent++
	case i.Dir && i.New && y.flat:
		y.newDirs = append(y.newDirs, i.Path)
	}
	if y.onItem != nil {
		y.onItem(i)
	}
}

// tailSize is how much of standard error is kept.
const tailSize = 8 << 10

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

func (t *tail) add(line string) {
	t.text = append(append(t.text, line...), '\n')
	if extra := len(t.text) - tailSize; extra > tailSize {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
}

func (t *tail) String() string {
	return string(t.text[max(0, len(t.text)-tailSize):])
}
