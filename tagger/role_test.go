package tagger_test

import (
	"reflect"
	"testing"

	"marsad/item"
	"marsad/rules"
)

// The table of roles only spares look-ups: without it the tags are the same.
func TestRolesSpareOnlyLookups(t *testing.T) {
	t.Parallel()
	p, err := rules.Load(rules.IraqSyria())
	if err != nil {
		t.Fatal(err)
	}
	all, err := rules.Load(rules.IraqSyria())
	if err != nil {
		t.Fatal(err)
	}
	all.LookUpAll()
	for _, it := range []item.Item{
		{Lang: "en", Title: "Iraq and Syria reopen the Qaim border crossing", Body: "Trucks crossed near Al-Qa’im, Anbar. Prime Minister Sudani said so in Baghdad."},
		{Lang: "en", Title: "iraq, syria: the border crossing at qaim is reopened", Body: "all of it in small letters, from baghdad to deir ez-zor"},
		{Lang: "en", Title: "KURDISH FORCES IN NORTH EAST SYRIA", Body: "the SDF and sdf; new york. Islamic State and an islamic state, Iraq's Mosul."},
		{Lang: "fr", Title: "L'Irak et la Syrie rouvrent un poste frontalier", Body: "Des camions venus d'Irak sont passés par al-Boukamal."},
		{Lang: "tr", Title: "Irak'ta ve Suriye'de sınır kapısı açıldı", Body: "Bağdat'tan Şam'a giden yol. Kerkük ile Erbil arasında."},
		{Lang: "ar", Title: "إعادة فتح معبر القائم بين العراق وسوريا", Body: "وبالعراق قصفت الطائرات مواقع قرب دير الزور، وللقائم طريق من بغداد."},
		{Lang: "ckb", Title: "هەولێر و بەغدادەوە", Body: "لە سووریا و عێراقیش"},
		{Lang: "kmr", Title: "Li Bexdayê û Hewlêrê", Body: "Hêzên Sûriyeya Demokratîk li Kobanê ne."},
	} {
		got, want := p.Tag(it).Tags, all.Tag(it).Tags
		if len(want) == 0 {
			t.Errorf("%q: nothing is found, so nothing is tested", it.Title)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\ngot  %+v\nwant %+v", it.Title, got, want)
		}
	}
}
