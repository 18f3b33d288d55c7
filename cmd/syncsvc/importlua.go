package main

import "errors"

func (im importing) readLua(path, name, dir string) ([]imported, importReport, error) {
	return nil, importReport{}, errors.New("not yet")
}
