package story

import "marsad/text"

// A lexicon knows words by the hash of their folded form.
type lexicon struct {
	numbers map[uint64]word
	common  map[uint64]commonness
}

// A commonness says how little a word tells of what a text is about.
type commonness uint8

const (
	rare    commonness = iota
	usual              // the news are full of it
	grammar            // says nothing
)

func newLexicon() lexicon {
	l := lexicon{numbers: map[uint64]word{}, common: map[uint64]commonness{}}
	var a text.Analyzer
	for digits, words := range numberWords() {
		w := word(text.Hash([]byte(digits))>>32) | 1
		for _, t := range a.Tokens(words, "") {
			l.numbers[t.Hash] = w
		}
	}
	for _, words := range usualWords() {
		for _, t := range a.Tokens(words, "") {
			l.common[t.Hash] = usual
		}
	}
	for _, words := range grammarWords() {
		for _, t := range a.Tokens(words, "") {
			l.common[t.Hash] = grammar
		}
	}
	return l
}

// number returns the word of a number that is written in letters.
func (l *lexicon) number(hash uint64) (word, bool) {
	w, ok := l.numbers[hash]
	return w, ok
}

// numberWords lists numbers by their digits, in the languages of the region;
// "one" is left out where it is also an article.
func numberWords() map[string]string {
	return map[string]string{
		"2":  "two iki deux اثنان اثنين دو دوو",
		"3":  "three üç trois ثلاثة ثلاث سه سێ sê",
		"4":  "four dört quatre أربعة أربع چهار چوار çar",
		"5":  "five beş cinq خمسة خمس پنج پێنج pênc",
		"6":  "six altı ستة ست شش شەش şeş",
		"7":  "seven yedi sept سبعة سبع هفت حەوت heft",
		"8":  "eight sekiz huit ثمانية ثماني هشت هەشت heşt",
		"9":  "nine dokuz neuf تسعة تسع نه نۆ neh",
		"10": "ten dix عشرة عشر ده deh",
		"11": "eleven onze یازده یانزە yanzdeh",
		"12": "twelve douze دوازده دوانزە dwanzdeh",
		"13": "thirteen treize سیزده سێزدە sêzdeh",
		"14": "fourteen quatorze چهارده چواردە çardeh",
		"15": "fifteen quinze پانزده پازدە panzdeh",
		"16": "sixteen seize شانزده شازدە şanzdeh",
		"17": "seventeen هفده حەڤدە hevdeh",
		"18": "eighteen هجده هەژدە hejdeh",
		"19": "nineteen نوزده نۆزدە nozdeh",
		"20": "twenty yirmi vingt عشرون عشرين بیست بیست bîst",
		"30": "thirty otuz trente ثلاثون ثلاثين سی سی sî",
		"40": "forty kırk quarante أربعون أربعين چهل چل çil", //nolint:misspell // French
		"50": "fifty elli cinquante خمسون خمسين پنجاه پەنجا pêncî",
		"60": "sixty altmış soixante ستون ستين شصت شەست şêst",
		"70": "seventy yetmiş سبعون سبعين هفتاد حەفتا heftê",
		"80": "eighty seksen ثمانون ثمانين هشتاد هەشتا heştê",
		"90": "ninety doksan تسعون تسعين نود نەوەد nod",
	}
}

// usualWords lists words that many news have in common.
func usualWords() []string {
	return []string{
		`said says say told tells warns warn calls call announces announced statement report reports reported according
		sources source officials official government president minister ministry foreign state media news agency people
		man men woman women child children killed kill kills dead death deaths die dies died injured wounded attack attacks
		police court army military forces force troops security war peace talks deal agreement meeting meets met visit
		country world city region area north south east west northern southern eastern western day week month year today
		yesterday monday tuesday wednesday thursday friday saturday sunday january february march april may june july
		august september october november december first last latest new former top key major live update updates video
		photos watch read why how what best million billion percent group leader leaders member members plan plans house
		home life time back show shows two made make take takes set get gets says could would
		syria syrian syrians iraq iraqi iraqis damascus baghdad us u.s. usa america american washington israel israeli iran
		iranian turkey turkiye turkish russia russian kurdish kurds kurdistan islamic lebanon militants rebels regime
		spokesman spokesperson chief head united nations international national public local party vote election`,
		`dit annonce déclare selon ministre gouvernement président pays ville région armée forces police guerre paix accord
		morts mort tués blessés attaque attaques lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars
		avril mai juin juillet août septembre octobre novembre décembre jour semaine mois année nouveau nouvelle premier
		syrie syrien syriens irak irakien damas bagdad etats unis américain israël israélien iran iranien turquie turc russie russe
		kurde kurdes kurdistan islamique liban régime rebelles
		première dernier direct vidéo international national contre porte parole chef`,
		`قال قالت وقال وأضاف أضاف أعلن أعلنت أكد أكدت ذكر ذكرت أفاد أفادت بيان مصدر مصادر وكالة الأنباء أنباء الرئيس رئيس
		وزير وزارة الخارجية الدفاع الداخلية حكومة الحكومة الدولة دولة البلاد مدينة محافظة منطقة شمال جنوب شرق غرب قوات القوات
		الجيش الأمن الشرطة قتل مقتل قتلى جرحى إصابة هجوم هجمات غارة غارات حرب سلام اتفاق اجتماع لقاء زيارة اليوم أمس السبت
		الأحد الاثنين الثلاثاء الأربعاء الخميس الجمعة يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر
		سوريا سورية السوري السورية العراق العراقي العراقية دمشق بغداد الولايات المتحدة واشنطن الأميركية الأمريكية الأميركي الأمريكي
		أمريكا أميركا إسرائيل الإسرائيلي إيران الإيراني تركيا التركي روسيا الروسي الأكراد الكردية كردستان الإسلامية تنظيم داعش لبنان
		التحالف النظام المعارضة الإرهابي الإرهاب
		ديسمبر عاجل جديد جديدة أول الأول شخص أشخاص مواطن المتحدث باسم الدولي الدولية العام العربية`,
		`گفت اعلام اعلامیه گزارش خبرگزاری خبر منابع منبع رئیس جمهور رئیسجمهور وزیر وزارت خارجه دفاع دولت کشور شهر استان
		منطقه شمال جنوب شرق غرب ارتش نیروهای نیروی امنیتی پلیس کشته زخمی حمله حملات جنگ صلح توافق دیدار سفر امروز دیروز
		سوریه سوری عراق عراقی دمشق بغداد آمریکا آمریکایی واشنگتن ایالات متحده اسرائیل ایران ایرانی ترکیه روسیه کرد کردستان
		اسلامی داعش لبنان رژیم تروریستی
		شنبه یکشنبه دوشنبه سهشنبه چهارشنبه پنجشنبه جمعه هشدار تاکید بیانیه سخنگو سخنگوی رسانه ملی بینالمللی جدید فوری ویدئو فیلم`,
		`dedi açıkladı açıklama açıklamada belirtti bildirdi bildirildi söyledi göre cumhurbaşkanı başkan başkanı bakan bakanı
		bakanlığı dışişleri savunma hükümet ülke şehir ilçe bölge kuzey güney doğu batı ordu asker askeri güçleri güvenlik polis
		öldü öldürüldü yaralı yaralandı saldırı saldırısı savaş barış anlaşma görüşme ziyaret bugün dün pazartesi salı çarşamba
		perşembe cuma cumartesi pazar ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık son dakika
		suriye suriyeli suriyenin irak iraklı şam bağdat abd amerika amerikan washington israil iran türkiye türk rusya rus kürt
		kürdistan terör terörist teröristler örgütü operasyon rejimi rejim
		haberi haber yeni ilk kişi çağrısı sözcüsü uluslararası`,
		`گوت وتی ڕایگەیاند رایگەیاند ڕاگەیاندن ڕاگەیاندنی بەپێی سەرچاوە هەواڵ سەرۆک سەرۆکی وەزیر وەزیری وەزارەتی حکومەت حکومەتی
		وڵات شار شاری پارێزگا ناوچە باکوور باشوور ڕۆژهەڵات ڕۆژئاوا سوپا سوپای هێز هێزی هێزەکانی ئاسایش پۆلیس کوژران کوژراو بریندار
		سووریا سوریا سوریای عێراق عێراقی دیمەشق بەغدا بەغداد ئەمریکا ئەمریکی ئەمەریکا واشنتۆن ئیسرائیل ئێران تورکیا ڕووسیا کورد
		کوردستان کوردی داعش تیرۆریستی ڕێکخراوی
		هێرش هێرشی هێرشێک جەنگ شەڕ ئاشتی ڕێککەوتن کۆبوونەوە سەردان ئەمڕۆ دوێنێ شەممە یەکشەممە دووشەممە سێشەممە چوارشەممە پێنجشەممە هەینی نوێ`,
		`got daxuyanî daxuyaniya ragihand ragehand li gorî ajansa nûçe serok serokê wezîr wezîrê wezareta hikûmet hikûmeta welat
		bajar bajarê herêm bakur başûr rojhilat rojava artêş artêşa hêz hêzên ewlehî polîs hat kuştin kuştî birîndar êrîş êrîşa êrîşî
		sûriye sûriyê sûriyeyê iraq iraqê şam bexda emrîka amerîka îsraîl îran tirkiye tirk rûsya kurd kurdan kurdistan kurdistanê daîş
		dewleta terorîst rêxistina
		şer aştî rêkeftin civîn serdan îro duh şemî yekşem duşem sêşem çarşem pêncşem în nû`,
	}
}

// grammarWords lists words that hold sentences together.
func grammarWords() []string {
	return []string{
		`the a an of and or to no not do does did so in into is was are were be been being it its this that these those he she
		they we you i his her their our your my him them us me who whom which what when where why how as at by for from with
		without on off over under about after before between against during more most less than then there here also but if
		while will would can could should may might must has have had just only out up down all any some each other such own
		very too now still again amid per via says`,
		`le la les l de des du d un une et ou où en dans que qui quoi dont pour par sur sous au aux avec sans pas plus moins ce
		cette ces cet il elle ils elles on nous vous son sa ses leur leurs mais si comme après avant entre contre depuis est sont
		été être a ont avait aura se s ne n y c qu à très aussi`,
		`der die das und ist von den mit für auf dem ein eine nicht sich im zu des als auch es an er hat sie nach wird bei einer um`,
		`el la los las de del y que en un una es por con para se no su al lo como más pero sus este ha`,
		`w i na z się nie do to jest że o od po za przez jak dla są ze ale co tym który przy jego ich też już czy`,
		`في من على إلى عن أن إن التي الذي الذين هذا هذه ذلك تلك ما لا مع بعد كان كانت قد بين كما هو هي هم أو ثم حتى خلال عند منذ ضد قبل
		حول لم لن كل غير أي دون تم يتم وفي ومن وعلى حيث لدى نحو بها به له لها فيه فيها عليه عليها وهو وهي أنه أنها بأن وكان ولا وقد`,
		`در از به که این را با است برای آن یک بر تا هم شد شده بود می های ها نیز کرد کرده خود اما یا شود باید دارد داد کند پس هر اگر وی ما
		روی پیش درباره علیه میان همچنین نمی دیگر بین توسط خواهد و ای اند هستند بوده شدن کردن است،`,
		`ve bir bu da de için ile olarak olan daha çok en sonra kadar gibi ne ama her o var ise değil göre edildi etti oldu ki mi mı ya
		üzerine tarafından karşı eden olduğu sırasında arasında şu biz siz onlar kendi hem veya ancak diye`,
		`لە بە بۆ کە ئەم ئەو و لەگەڵ دەکات هەیە کرد بوو یەک هەر لەسەر دوای بەڵام ئەوەی نێوان کردووە دەبێت ناو لێ پێ تا پێش دژی لەلایەن وەک
		چەند سەر بۆیە ئەوە ئەمە دەکەن کراوە دەستی کە`,
		`û li ji di de bi ku ya yê yên ser bo jî ew ev ne na dike kir dikin me re da navbera her wan wî wê xwe bû dibe hatin hatiye
		piştî beriya ser dijî wek jê lê bibe kirin`,
	}
}
