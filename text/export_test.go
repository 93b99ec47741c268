package text

import "unicode/utf8"

// FoldOnly appends the folded runes of s to buf: what folding costs when nobody
// asks where words begin.
func FoldOnly(buf []byte, s string) []byte {
	t := shared()
	for i := 0; i < len(s); {
		e, size := t.lookup(s, i)
		switch e.class() {
		case classLetter, classSingle:
			if r := e.out(); r < utf8.RuneSelf {
				buf = append(buf, byte(r))
			} else {
				buf = utf8.AppendRune(buf, r)
			}
		case classMulti:
			buf = append(buf, t.multi[e.out()]...)
		case classMark, classIgnored, classJoiner, classApostrophe:
		default:
			buf = append(buf, ' ')
		}
		i += size
	}
	return buf
}
