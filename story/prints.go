package story

// winnow is how many shingles in a row have one chosen among them: any run of
// winnow+2 words that two texts share gives them a print in common.
const winnow = 4

// Kinds of prints, mixed into them so that they never meet by chance.
const (
	printTitle = 0x51
	printText  = 0x52
	printWhole = 0x53
)

// prints appends the hashes by which texts that may be copies find each other.
func (s *sketch) prints(out []uint32) []uint32 {
	out = out[:0]
	if s.titleTells() {
		out = append(out, hashWords(printTitle, s.title))
		if s.label > 0 {
			out = append(out, hashWords(printTitle, s.title[s.label:]))
		}
	}
	out = append(out, s.textPrint())
	if s.shingles >= minShingles {
		return chosen(out, printText, s.body)
	}
	// Title and body are one where they are short.
	out = chosen(out, printWhole, s.title)
	return chosen(out, printWhole, s.body)
}

// textPrint is equal for equal texts.
func (s *sketch) textPrint() uint32 {
	return hashWords(hashWords(printWhole, s.title), s.body)
}

// titleTells reports whether a title says enough to tell a text by it.
func (s *sketch) titleTells() bool { return len(s.title) >= minTitle && s.letters >= minLetters }

// chosen appends the winnowed shingles of ws: of every winnow neighbours the
// least, so the choice depends on the neighbourhood only.
func chosen(out []uint32, kind uint32, ws []word) []uint32 {
	var ring [winnow]uint32
	last := -1 // the position of the shingle chosen last
	n := len(ws) - 2
	for i := range n {
		ring[i%winnow] = mix(shingle(ws[i], ws[i+1], ws[i+2]) ^ kind)
		if i < winnow-1 && i < n-1 {
			continue
		}
		least := i
		for j := max(0, i-winnow+1); j < i; j++ {
			if ring[j%winnow] < ring[least%winnow] {
				least = j
			}
		}
		if least != last {
			out, last = append(out, ring[least%winnow]), least
		}
	}
	return out
}
