"""A state's or country's English name in, its two letters out; names are lower case, letters alone, without accents."""

from collections.abc import Mapping
from types import MappingProxyType

# US states, the District and territories (USPS Publication 28, appendix B); Canadian provinces (Canada Post).
_STATES = """
al alabama|ak alaska|az arizona|ar arkansas|ca california|co colorado|ct connecticut|de delaware|dc districtofcolumbia
dc washingtondc|fl florida|ga georgia|hi hawaii|id idaho|il illinois|in indiana|ia iowa|ks kansas|ky kentucky
la louisiana|me maine|md maryland|ma massachusetts|mi michigan|mn minnesota|ms mississippi|mo missouri|mt montana
ne nebraska|nv nevada|nh newhampshire|nj newjersey|nm newmexico|ny newyork|nc northcarolina|nd northdakota|oh ohio
ok oklahoma|or oregon|pa pennsylvania|ri rhodeisland|sc southcarolina|sd southdakota|tn tennessee|tx texas|ut utah
vt vermont|va virginia|wa washington|wv westvirginia|wi wisconsin|wy wyoming|as americansamoa|gu guam
mp northernmarianaislands|pr puertorico|vi virginislands|vi usvirginislands
ab alberta|bc britishcolumbia|mb manitoba|nb newbrunswick|nl newfoundlandandlabrador|nl newfoundland|ns novascotia
nt northwestterritories|nu nunavut|on ontario|pe princeedwardisland|qc quebec|sk saskatchewan|yt yukon
"""

# ISO 3166-1, short English names, and what else the larger ones are called.
_COUNTRIES = """
af afghanistan|ax alandislands|al albania|dz algeria|as americansamoa|ad andorra|ao angola|ai anguilla|aq antarctica
ag antiguaandbarbuda|ar argentina|am armenia|aw aruba|au australia|at austria|az azerbaijan|bs bahamas|bh bahrain
bd bangladesh|bb barbados|by belarus|be belgium|bz belize|bj benin|bm bermuda|bt bhutan|bo bolivia
bo boliviaplurinationalstateof|ba bosniaandherzegovina|bw botswana|br brazil|io britishindianoceanterritory
vg britishvirginislands|vg virginislandsbritish|bn brunei|bn bruneidarussalam|bg bulgaria|bf burkinafaso|bi burundi
cv caboverde|cv capeverde|kh cambodia|cm cameroon|ca canada|ky caymanislands|cf centralafricanrepublic|td chad|cl chile
cn china|cx christmasisland|cc cocoskeelingislands|co colombia|km comoros|cg congo|cg republicofthecongo
cd democraticrepublicofthecongo|cd congothedemocraticrepublicofthe|ck cookislands|cr costarica|ci cotedivoire
ci ivorycoast|hr croatia|cu cuba|cw curacao|cy cyprus|cz czechia|cz czechrepublic|dk denmark|dj djibouti|dm dominica
do dominicanrepublic|ec ecuador|eg egypt|sv elsalvador|gq equatorialguinea|er eritrea|ee estonia|sz eswatini
sz swaziland|et ethiopia|fk falklandislands|fo faroeislands|fj fiji|fi finland|fr france|gf frenchguiana
pf frenchpolynesia|ga gabon|gm gambia|ge georgia|de germany|gh ghana|gi gibraltar|gr greece|gl greenland|gd grenada
gp guadeloupe|gu guam|gt guatemala|gg guernsey|gn guinea|gw guineabissau|gy guyana|ht haiti|va holysee|va vatican
va vaticancity|va holyseevaticancitystate|hn honduras|hk hongkong|hu hungary|is iceland|in india|id indonesia|ir iran
ir iranislamicrepublicof|iq iraq|ie ireland|im isleofman|il israel|it italy|jm jamaica|jp japan|je jersey|jo jordan
kz kazakhstan|ke kenya|ki kiribati|kp northkorea|kp koreademocraticpeoplesrepublicof|kr southkorea|kr korearepublicof
kr republicofkorea|kw kuwait|kg kyrgyzstan|la laos|la laopeoplesdemocraticrepublic|lv latvia|lb lebanon|ls lesotho
lr liberia|ly libya|li liechtenstein|lt lithuania|lu luxembourg|mo macao|mo macau|mg madagascar|mw malawi|my malaysia
mv maldives|ml mali|mt malta|mh marshallislands|mq martinique|mr mauritania|mu mauritius|yt mayotte|mx mexico
fm micronesia|fm micronesiafederatedstatesof|md moldova|md moldovarepublicof|mc monaco|mn mongolia|me montenegro
ms montserrat|ma morocco|mz mozambique|mm myanmar|mm burma|na namibia|nr nauru|np nepal|nl netherlands|nl holland
nl thenetherlands|nc newcaledonia|nz newzealand|ni nicaragua|ne niger|ng nigeria|nu niue|nf norfolkisland
mk northmacedonia|mk macedonia|mp northernmarianaislands|no norway|om oman|pk pakistan|pw palau|ps palestine
ps palestinestateof|pa panama|pg papuanewguinea|py paraguay|pe peru|ph philippines|pn pitcairn|pl poland|pt portugal
pr puertorico|qa qatar|re reunion|ro romania|ru russia|ru russianfederation|rw rwanda|bl saintbarthelemy|sh sainthelena
kn saintkittsandnevis|lc saintlucia|mf saintmartin|pm saintpierreandmiquelon|vc saintvincentandthegrenadines|ws samoa
sm sanmarino|st saotomeandprincipe|sa saudiarabia|sn senegal|rs serbia|sc seychelles|sl sierraleone|sg singapore
sx sintmaarten|sk slovakia|si slovenia|sb solomonislands|so somalia|za southafrica|ss southsudan|es spain|lk srilanka
sd sudan|sr suriname|sj svalbardandjanmayen|se sweden|ch switzerland|sy syria|sy syrianarabrepublic|tw taiwan
tw taiwanprovinceofchina|tj tajikistan|tz tanzania|tz tanzaniaunitedrepublicof|th thailand|tl timorleste|tg togo
tk tokelau|to tonga|tt trinidadandtobago|tn tunisia|tr turkey|tr turkiye|tm turkmenistan|tc turksandcaicosislands
tv tuvalu|vi usvirginislands|vi virginislandsus|ug uganda|ua ukraine|ae unitedarabemirates|ae uae|gb unitedkingdom
gb greatbritain|gb england|gb scotland|gb wales|gb northernireland|us unitedstates|us unitedstatesofamerica|us usa
us america|uy uruguay|uz uzbekistan|vu vanuatu|ve venezuela|ve venezuelabolivarianrepublicof|vn vietnam
wf wallisandfutuna|eh westernsahara|ye yemen|zm zambia|zw zimbabwe|bq bonairesinteustatiusandsaba|bq bonaire
bv bouvetisland|tf frenchsouthernterritories|hm heardislandandmcdonaldislands|gs southgeorgiaandthesouthsandwichislands
um unitedstatesminoroutlyingislands
"""


def _read(table: str) -> Mapping[str, str]:
    entries = (entry.split(" ") for entry in table.strip().replace("\n", "|").split("|"))
    return MappingProxyType({name: code for code, name in entries})


STATE_CODES = _read(_STATES)
COUNTRY_CODES = _read(_COUNTRIES)
