package text

// profileList holds letters and stop words of the languages that Identify must
// tell apart: those of the region's news, and enough neighbours that they are
// not taken for one of them.
func profileList() []profile {
	return []profile{
		{"en", scriptLatin, "", `the a of and to no do so in is that for was with on by as at from it be are this have has not but they
			he his its were been which an or will their who would after more about says said over how what when new you we could us army attack attacks
			killed strike strikes police minister talks government war deal day kills dead hits near syria iraq turkey city can`, "ing tion ted ned ers ies ment ised"},
		{"fr", scriptLatin, "éèàêâçùîôûœ", `le la les de des du un une et est en dans que qui pour par sur au aux pas plus ce cette ces il elle
			son sa ses avec ont été se ne sont mais ou leur à après entre depuis contre selon où comme l'a d'une d'un c'est qu'il syrie irak
			guerre ministre gouvernement contre coup attentat russe`, "ment tion eur euse aire iste ique"},
		{"de", scriptLatin, "äöüß", `der die das und ist von den mit für auf dem ein eine nicht sich im zu des als auch es an werden aus er
			hat dass sie nach wird bei einer um am sind noch wie einem über zum zur vor war haben einen`, ""},
		{"es", scriptLatin, "ñáéíóú¿¡", `el la los las de del y que en un una es por con para se no su al lo como más pero sus le ya o fue
			este ha sí porque esta son entre cuando muy sin sobre también hasta desde están`, ""},
		{"it", scriptLatin, "àèéìòù", `il la lo i gli le di del della che e è un una in per con non si da sono al alla dei nel come più anche
			ha ma delle questo dal nella degli stato dopo tra contro era`, ""},
		{"pt", scriptLatin, "ãõçáéíóúâêô", `o a os as de do da dos das e que em um uma para com não por no na se mais como mas ao foi ele seu sua
			ou são pelo pela até também já está entre depois sobre`, ""},
		{"nl", scriptLatin, "ëï", `de het een en van in is dat op te zijn met voor niet aan er om ook als bij door over naar uit heeft wordt
			maar zich nog deze die worden hij ze werd tegen`, ""},
		{"sv", scriptLatin, "åäö", `och i att det som en på är av för med till den har de inte om ett han men var från så efter ska kan nya`, ""},
		{"pl", scriptLatin, "ąćęłńóśźż", `w i na z się nie do to jest że o od po za przez jak dla są ze ale co tym który przy jego`, ""},
		{"ro", scriptLatin, "ăâîșțşţ", `și în de la cu a pe din care nu pentru este sunt o un că mai fost au după prin între`, ""},
		{"id", scriptLatin, "", `yang dan di ke dari untuk dengan pada ini itu tidak akan dalam oleh juga telah kata sebagai karena`, ""},
		{"sq", scriptLatin, "ëç", `dhe në të e i për me nga një që është ka si janë por nuk më do`, ""},
		{"hr", scriptLatin, "čćđšž", `i je u na se da za su od s koji što će ne kao iz ali do po nije`, ""},
		{"tr", scriptLatin, "şğıİçöüŞĞ", `ve bir bu da de için ile olarak olan daha çok en sonra kadar gibi ne ama her o var ise değil göre
			edildi etti oldu dedi yeni üzerine tarafından karşı son büyük iki eden olduğu nasıl yok sırasında arasında suriye
			türkiye ırak irak cumhurbaşkanı asker son dakika terörist abd açıkladı yaralı saldırı saldırıları bin tek şey`, "lar ler ları leri nda nde ndan nden ında inde dan den iyor ildi ıldı esi ası mesi ması acak ecek dığı diği ğı ği"},
		{"az", scriptLatin, "əƏxq", `və bir bu ilə üçün olan da də edib olub ki sonra onun isə görə`, ""},
		{"kmr", scriptLatin, "êîûşçÊÎÛ", `û li ji di de bi ku ya yê yên ser bo jî ew ev ne na hat dike kir dikin me ket gotin got re da navbera
			her wan wî wê kurdistanê rojava xwe xwe bû dibe hatin hatiye beriya piştî sûriye sûriyeyê iraqê
			tirkiye hêzên rêxistina êrîş wezîr`, "ê ên yê yên andin kirin"},
		{"so", scriptLatin, "", `oo iyo ka ku waa ayaa in la soo ee uu si kale`, ""},

		{"ar", scriptArabic, "ةىأإؤيكءآ", `في من على إلى عن أن إن التي الذي هذا هذه ما لا مع بعد كان كانت قد قال بين ذلك كما هو هي أو ثم حتى خلال عند
			وقال منذ ضد قبل وفي ومن أكد حول لم لن كل غير أي دون اليوم تم يتم`, ""},
		{"fa", scriptArabic, "پچژگکی", `در از به که این را با است برای آن یک بر تا هم شد شده بود می های ها نیز کرد کرده خود اما یا شود باید دارد
			گفت داد کند پس هر اگر وی ما روی پیش درباره علیه میان همچنین است، نمی دیگر بین توسط خواهد سوریه عراق ایران ترکیه سوری حمله هشدار`, "های ترین"},
		{"ckb", scriptArabic, "ەێۆڕڵڤپچژگکیە", `لە بە بۆ کە ئەم ئەو و لەگەڵ دەکات هەیە کرد بوو یەک هەر لەسەر دوای بەڵام ئەوەی نێوان کردووە دەبێت ناو
			دوو ئێستا لێ پێ نەبوو دەڵێت ڕایگەیاند رایگەیاند سەر بۆیە وەک لەلایەن چەند تا پێش دژی ڕێگەی هێزە سووریا عێراق هێزەکانی وەزیری`, "ەکان ەکانی ەوە ەکە یان دا ەکرێت"},
		{"ur", scriptArabic, "ٹڈڑںےھہپچگکی", `کے کی میں ہے سے اور کا نے کو پر یہ کہ ہیں بھی تھا اس ایک کر گیا ہو کیا لیے ان جو نہیں تو تک بعد`, ""},
		{"ps", scriptArabic, "ټډړږښځڅېۍګڼپچ", `د په او چې کې ته له دی سره هغه یې ده دا څخه نه کړي وي شوي`, ""},
		{"ug", scriptArabic, "ەېۆۈۇڭغچپگ", `ۋە بىلەن بۇ ئۈچۈن بىر دەپ`, ""},

		{"ru", scriptCyrillic, "ыэъё", `и в не на что он с по как это из за к от но для его у о так же был до после`, ""},
		{"uk", scriptCyrillic, "іїєґ", `і в не на що він з за як до це у та від для його але про після є які`, ""},
		{"bg", scriptCyrillic, "ъ", `и на в да се за от не че с е са по като до към при след`, ""},
		{"sr", scriptCyrillic, "ђћџљњј", `и у је да на се за су од са који не из`, ""},
		{"hi", scriptDevanagari, "", `के में है की से और का को ने पर यह कि हैं भी था इस एक कर लिए`, ""},
		{"mr", scriptDevanagari, "ळ", `आणि आहे या व तर हे की नाही होते ते`, ""},
		{"ne", scriptDevanagari, "", `छ र को मा का ले गरेको भएको पनि हो`, ""},
	}
}
