"""Makes texts with labelled names of people, organisations and places, addresses, dates and the like, from templates of
our own: letters of a bank, mails, chat, notes on customers, forms, questions to an assistant, lists, prose. People and
companies are made up: from the word lists of src/privacy/name_lists.inc and from syllables of a dozen languages.

    python3 bench/name_texts.py 16000 >/tmp/names_own.jsonl     (the number of texts; the seed is fixed)

Each line: {"text", "spans": [[begin, end, type]] in bytes}. A template's {slot} is filled; slots in SLOTS with a type
are labelled with it, the others are numbers and words that must not be found.
"""
import datetime
import json
import pathlib
import random
import re
import sys

LISTS = pathlib.Path(__file__).parent.parent / "src/privacy/name_lists.inc"


def word_lists():
    text = re.sub(r"//.*", "", LISTS.read_text(encoding="utf-8"))
    return {name: "".join(re.findall(r'"([^"]*)"', body)).split()
            for name, body in re.findall(r"string_view (\w+) =\s*((?:\"[^\"]*\"\s*)+);", text)}


WORDS = word_lists()

# Beginnings, middles and ends of names by language: what they are put together to sounds like one and is nobody.
SOUNDS = {
    "slavic": (["Bor", "Vla", "Mil", "Zden", "Jar", "Kaz", "Rad", "Bog", "Svat", "Dra", "Lju", "Mst", "Ned", "Top", "Zlat", "Pře", "Žit", "Šev"],
               ["i", "o", "e", "a", "imi", "ova", "osla", "ě", "ivo", "ani"], ["r", "n", "k", "š", "ta", "na", "mír", "slav", "ka", "ček", "ová", "ský", "ski", "wicz", "enko", "ić", "ov", "ova", "ev"]),
    "nordic": (["Ha", "Sig", "Tor", "As", "Gun", "Ing", "Bjar", "Ei", "Ly", "Ry", "Skov", "Øst", "Å", "Thor", "Vil", "Hjal", "Frö", "Näs"],
               ["", "e", "a", "le", "ga", "ma", "ne"], ["rik", "sen", "gaard", "dal", "ström", "lund", "berg", "vik", "sson", "mar", "dis", "nes", "holm", "by", "kvist", "dóttir"]),
    "german": (["Al", "Ber", "Die", "Ek", "Fal", "Ger", "Hil", "Kon", "Lud", "Mar", "Ott", "Rein", "Sieg", "Tra", "Wolf", "Grü", "Schä", "Kö", "Brü"],
               ["", "de", "en", "ke", "lin", "tel"], ["hard", "mann", "bert", "fried", "stein", "hoff", "er", "inger", "traud", "ler", "wald", "meier", "ig", "ke"]),
    "romance": (["Al", "Bel", "Car", "Dom", "Es", "Fio", "Gian", "Lor", "Mor", "Pal", "Ros", "San", "Tes", "Val", "Zan", "Né", "Íñ", "Gon", "Mat"],
                ["a", "i", "o", "ez", "ar", "in", "ett"], ["lli", "rdo", "na", "zzi", "ro", "nte", "ez", "ini", "res", "sso", "eira", "ado", "illo", "eau", "ard", "ette", "oux", "ção"]),
    "english": (["Ash", "Brad", "Cald", "Dun", "Elm", "Fair", "Hal", "Ken", "Lang", "Mar", "Nor", "Pem", "Rad", "Stan", "Thorn", "Wex", "Whit", "Hart"],
                ["", "er", "in", "le", "ing"], ["ley", "ton", "worth", "field", "ford", "wood", "well", "man", "son", "ham", "by", "more", "shaw", "wick"]),
    "arabic": (["Abd", "Far", "Ham", "Jal", "Kar", "Mah", "Nas", "Ra", "Sal", "Tar", "Was", "Zay", "Kha", "Sha"],
               ["a", "i", "u", "ee", "al"], ["d", "m", "n", "ir", "oud", "een", "ra", "lah", "if", "di", "ri", "wan"]),
    "indian": (["Am", "Bha", "Cha", "Dev", "Gov", "Har", "Jay", "Kri", "Lak", "Man", "Nar", "Pra", "Raj", "Shan", "Ven", "Vi"],
               ["a", "i", "esh", "an", "ar"], ["dra", "nath", "kumar", "jit", "shmi", "vati", "pal", "kar", "murthy", "swamy", "ya", "nan", "deep"]),
    "african": (["Ade", "Chi", "Emeka", "Ife", "Kwa", "Mbe", "Ngo", "Olu", "Oko", "Sefu", "Tun", "Uche", "Zola", "Ama"],
                ["", "ba", "ka", "wa", "di", "mbo"], ["yo", "ma", "nde", "ni", "kwe", "fe", "la", "sa", "ye", "tunde", "chukwu", "lele"]),
    "eastasian": (["Hi", "Ka", "Mi", "Na", "Sa", "Ta", "Yo", "Shi", "Xiao", "Zhi", "Jia", "Min", "Hye", "Seo", "Tsu", "Fu"],
                  ["", "ro", "ka", "shi", "mo", "na", "ye"], ["ko", "to", "mi", "ki", "ng", "hua", "ji", "moto", "mura", "yama", "da", "woo", "jun", "hara"]),
    "turkic": (["Ay", "Bur", "Cem", "Der", "Eng", "Gül", "Işı", "Kem", "Meh", "Öz", "Sel", "Tol", "Yıl"],
               ["", "a", "e", "i", "u"], ["han", "maz", "gül", "oğlu", "can", "türk", "sel", "gin", "kaya", "demir", "su"]),
    "baltic": (["And", "Jur", "Kal", "Liep", "Mind", "Oza", "Rai", "Vai", "Züg", "Äär", "Tuu", "Pel", "Koi", "Hei"],
               ["", "i", "a", "e", "vi", "ko"], ["us", "is", "as", "nis", "nen", "la", "vets", "mäe", "saar", "aitė", "iņš", "konen", "sto"]),
    "greek_letters": (["Παπ", "Καρ", "Λευκ", "Νικ", "Θεο", "Σταυ", "Μελ", "Αθη"], ["α", "ο", "ι", "αδ"], ["πουλος", "ίδης", "σία", "άκη", "νος", "ρία", "τος", "σός"]),
    "cyrillic_letters": (["Ива", "Пет", "Мих", "Нов", "Сер", "Коз", "Гри", "Бел"], ["о", "и", "а", "е"], ["нов", "ров", "нко", "ский", "град", "рова", "лин", "горск"]),
    "greek": (["Pap", "Kar", "Ana", "Dim", "The", "Kon", "Nik", "Stav", "Xen", "Mel"], ["a", "o", "i", "ada"],
              ["poulos", "idis", "akis", "dou", "kos", "nis", "tos", "ina", "lia", "ras"]),
}
STREET_FORMS = [
    "{n} {w} Street", "{n} {w} Road", "{n} {w} Avenue", "{n} {w} Lane", "{n} {w} Drive", "{n} {w} Court", "{n} {w} St", "{n} {w} Rd", "{n} {w} Blvd.",
    "{n} {w} Way", "{n} {w} Crescent", "{n} {w} Terrace", "{n} {w} Hill", "{n} {n} {w} Street", "{n} {w} {w} Road", "{w}straße {n}", "{w}strasse {n}",
    "{w}weg {n}", "{w}gasse {n}", "{w}platz {n}", "{w}straat {n}", "{w}laan {n}", "{w}gade {n}", "{w}vej {n}", "{w}gatan {n}", "{w}veien {n}",
    "{w}katu {n}", "Rue de {w} {n}", "{n}, rue {w}", "{n} Rue du {w}", "Avenue de {w} {n}", "Via {w} {n}", "Via {p}, {n}", "Viale {w} {n}", "Corso {w} {n}",
    "Calle {w} {n}", "C/ {w} {n}", "Rua do {w} {n}", "Rúa {w} {n}", "Avenida {p} {n}", "ul. {w} {n}", "{w} utca {n}.", "{w} u. {n}.", "{w} tér {n}.",
    "Na {w} {n}", "{w} {n}", "{w} {w} {n}", "Ul. {w} {n}", "{w}ntie {n}", "{w}gata {n}", "{n} {w}", "{n} {w} {n}", "{w} pst. {n}", "Ulica {p} {n}",
    "PO Box {n}", "P.O. Box {n}", "Postbus {n}", "Unit {n} Box {n}", "PSC {n}, Box {n}", "{n} {w} Parkway", "{n} Old {w} Road", "{n} West {w} Street", "{n}th Avenue {n}"]
UNITS = ["Apt. {n}", "Suite {n}", "Apt {n}", "Unit {n}", "Flat {n}", "Floor {n}", "#{n}"]
ORG_FORMS = ["{f} {end}", "{f} & {f}", "{f} {word}", "{f} {word} {end}", "{s}", "{s} {word}", "{s} {end}", "{f}, {f} and {f}", "{f}-{f}", "{city} {word}",
             "{word} of {city}", "{s}{tail}", "The {s} {word}", "{f} Brothers", "{f} and Sons", "{s} {word} {end}.", "{country} {word}", "{f} Group", "{AB}", "{AB} {word}",
             "{f} {f} {end}"]
ORG_TAILS = ["tech", "soft", "ware", "net", "ex", "ium", "ify", "link", "base", "core", "wave", "point", "Health", "Pay", ".io", "ia", "on"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, items):
        return self.random.choice(items)

    def number(self, low, high):
        return str(self.random.randint(low, high))

    def sound(self, end_kind=None):
        begin, middle, end = SOUNDS[self.pick(list(SOUNDS))]
        return self.pick(begin) + self.pick(middle) + self.pick(end)

    def marks(self, word):
        """Some letters with marks, as they stand in other languages."""
        if self.random.random() < 0.85:
            return word
        return "".join({"a": "á", "e": "é", "i": "í", "o": "ö", "u": "ü", "c": "č", "s": "š", "z": "ž", "n": "ñ", "l": "ł"}.get(c, c)
                       if self.random.random() < 0.4 else c for c in word)

    def given(self):
        if self.random.random() < 0.6:
            return self.marks(self.pick(WORDS["given_names"]).capitalize())
        return self.sound()

    def family(self):
        roll = self.random.random()
        if roll < 0.45:
            return self.marks(self.pick(WORDS["family_names"]).capitalize())
        if roll < 0.52:
            return self.sound() + "-" + self.sound()
        if roll < 0.56:
            return self.pick(["O'", "Mc", "Mac", "D'"]) + self.sound()
        if roll < 0.60:
            return self.pick(["van ", "von ", "de ", "van der ", "di ", "al-", "El ", "dos "]) + self.sound()
        return self.sound()

    def person(self):
        roll = self.random.random()
        if roll < 0.62:
            return f"{self.given()} {self.family()}"
        if roll < 0.70:
            return f"{self.given()} {self.pick('ABCDEFGHJKLMNPRSTW')}. {self.family()}"
        if roll < 0.73:
            return f"{self.given()} {self.given()} {self.family()}"
        if roll < 0.88:
            return self.given()
        if roll < 0.97:
            return self.family()
        return f"{self.pick('ABCDEFGHJKLMNPRSTW')}. {self.family()}"

    def full(self):
        return f"{self.given()} {self.family()}"

    def reversed_name(self):
        return f"{self.family()}, {self.given()}"

    def town(self):
        roll = self.random.random()
        if roll < 0.40:
            name = self.pick(WORDS["cities"]).capitalize()
            name = {"York": "New York", "Hague": "The Hague", "Aires": "Buenos Aires"}.get(name, name)
        elif roll < 0.80:
            name = self.sound()
        elif roll < 0.90:
            name = self.pick(["St. ", "Saint-", "Bad ", "San ", "Santa ", "Le ", "La ", "El ", "Port ", "Fort ", "Mount ", "North ", "New ", "Upper ", "Villa ", "Nova "]) + self.sound()
        else:
            name = self.sound() + self.pick([" am Main", " de la Sierra", "-sur-Mer", " Falls", " Beach", " Springs", " Heights", " del Rey", " K", " City", " on Sea", " Valley"])
        return name.upper() if self.random.random() < 0.12 else name

    def country(self):
        name = self.pick(WORDS["countries"])
        whole = {"usa": "USA", "uk": "UK", "uae": "UAE", "zealand": "New Zealand", "kingdom": "United Kingdom", "emirates": "United Arab Emirates",
                 "bosnia": "Bosnia and Herzegovina", "korea": "South Korea", "salvador": "El Salvador", "herzegovina": "United States", "guinea": "Guinea"}
        return whole.get(name, name.capitalize())

    def region(self):
        return self.pick(WORDS["regions"]).capitalize()

    def place(self):
        roll = self.random.random()
        return self.town() if roll < 0.5 else self.country() if roll < 0.88 else self.region()

    def street_name(self):
        roll = self.random.random()
        if roll < 0.5:
            return self.sound()
        if roll < 0.75:
            return self.pick(["Oak", "Mill", "Church", "Station", "Park", "High", "King", "Queen", "Lake", "Hill", "River", "Elm", "Cedar", "Main", "Bridge", "Castle",
                              "Linden", "Birken", "Garten", "Haupt", "Bahnhof", "Schul", "Berg", "Kirk", "Skole", "Nørre", "Stor", "Molen", "Dorps", "Wilgen"])
        return self.family().split(" ")[-1]

    def house(self):
        return self.number(1, 99) if self.random.random() < 0.6 else self.number(100, 29999)

    def street(self):
        text = self.pick(STREET_FORMS)
        while "{" in text:
            text = text.replace("{n}", self.house(), 1).replace("{w}", self.street_name(), 1).replace("{p}", self.full(), 1)
        if self.random.random() < 0.06 and text[-1].isdigit():
            text += self.pick("abcAB")
        return text

    def zip(self):
        kind = self.random.random()
        if kind < 0.6:
            return self.number(1000, 99999).zfill(5)
        if kind < 0.75:
            return self.number(1000, 9999)
        letters = "ABCDEFGHJKLMNPRSTUW"
        if kind < 0.9:
            return f"{self.pick(letters)}{self.pick(letters)}{self.number(1, 29)} {self.number(1, 9)}{self.pick(letters)}{self.pick(letters)}"
        return f"{self.number(1000, 9999)} {self.pick(letters)}{self.pick(letters)}"

    def address(self):
        gap = self.pick([", ", ", ", "\n", "\n ", " ", ",\n", "\n, "])
        text = self.street()
        if self.random.random() < 0.15:
            text = self.house() + " " + text
        if self.random.random() < 0.3:
            text += self.pick([" ", " ", ", ", "\n"]) + self.pick(UNITS).replace("{n}", self.number(1, 999))
        roll = self.random.random()
        if roll < 0.25:
            return text
        if roll < 0.5:
            return text + gap + self.town() + (gap + self.pick(WORDS["region_codes"]).upper() if self.random.random() < 0.3 else "") + self.pick([" ", gap]) + self.zip()
        if roll < 0.65:
            return text + gap + self.zip() + " " + self.town()
        if roll < 0.85:
            return text + gap + self.town() + gap + self.country() + (" " + self.zip() if self.random.random() < 0.6 else "")
        if roll < 0.9:
            return text + "\n" + self.pick(["APO", "FPO", "DPO"]) + " " + self.pick(["AE", "AP", "AA"]) + " " + self.number(1000, 99999).zfill(5)
        return text + gap + self.zip() + gap + self.town() + gap + self.country()

    def corner(self):
        return "the corner of " + self.street().rstrip(".") + " and " + self.street()

    def us(self):
        return self.pick(["U.S.", "US", "U.K.", "UK", "EU", "USA"])

    def short_org(self):
        return "".join(self.random.sample("ABCDEFGHIKLMNOPRSTVWX", self.random.randint(2, 4)))

    def org(self):
        text = self.pick(ORG_FORMS)
        proper = {"ltd": "Ltd.", "inc": "Inc.", "llc": "LLC", "gmbh": "GmbH", "ag": "AG", "plc": "PLC", "kg": "KG", "bv": "B.V.", "nv": "NV", "sa": "S.A.", "llp": "LLP"}
        end = self.pick(WORDS["company_ends"])
        while "{" in text:
            text = (text.replace("{f}", self.sound() if self.random.random() < 0.5 else self.pick(WORDS["family_names"]).capitalize(), 1)
                    .replace("{end}", proper.get(end, end.upper() if len(end) <= 3 else end.capitalize()), 1)
                    .replace("{word}", self.pick(WORDS["company_words"]).capitalize(), 1).replace("{s}", self.sound(), 1)
                    .replace("{tail}", self.pick(ORG_TAILS), 1).replace("{city}", self.town(), 1).replace("{country}", self.country(), 1)
                    .replace("{AB}", "".join(self.random.sample("ABCDEFGHIKLMNOPRSTVWX", self.random.randint(2, 4))), 1))
        return text

    def date(self):
        day = datetime.date(1925, 1, 1) + datetime.timedelta(days=self.random.randint(0, 38000))
        clock = f"{self.number(0, 23).zfill(2)}:{self.number(0, 59).zfill(2)}"
        month = day.strftime("%B")
        forms = [day.isoformat(), day.isoformat(), f"{day.month}/{day.day}/{day.year}", f"{day.month}/{day.day}/{day.year}", day.strftime("%d/%m/%Y"), day.strftime("%d.%m.%Y"),
                 f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", f"{month} {day.year}", f"{month} {day.day}", f"{day.day} {month}", str(day.year), str(day.year),
                 day.isoformat() + " " + clock + ":" + self.number(0, 59).zfill(2), day.strftime("%A"), day.strftime("%d-%b-%Y"), day.strftime("%m/%y"),
                 f"{month[:3]} {day.day}", f"{self.number(1, 12)}:{self.number(0, 59).zfill(2)} {self.pick(['am', 'pm', 'AM', 'PM'])}", "yesterday", "tomorrow", "last " + day.strftime("%A"),
                 f"the {self.number(1, 28)}th of {month}"]
        return self.pick(forms)

    def age(self):
        return self.number(1, 105) if self.random.random() < 0.1 else self.number(17, 97)

    def nationality(self):
        word = self.pick(WORDS["nationalities"][:-1]).capitalize()
        return word.lower() if self.random.random() < 0.05 else word

    def title(self):
        return self.pick(["Mr.", "Mr.", "Mrs.", "Mrs.", "Ms.", "Ms.", "Dr.", "Dr.", "Miss", "Prof.", "Mr", "Ms", "Mrs", "Dr", "Sir", "Herr", "Frau", "mr.", "ms.", "Mme", "Señora"])

    def web(self):
        host = (self.sound() + (self.pick(["", "-"]) + self.pick(WORDS["company_words"]) if self.random.random() < 0.5 else "")).replace(" ", "")
        host = re.sub(r"[^a-zA-Z0-9-]", "", host) or "brackwater"
        if self.random.random() < 0.6:
            host = host.lower()
        end = self.pick(["com", "com", "net", "org", "de", "se", "cz", "fr", "it", "co.uk", "example", "io", "hu", "com.au", "nl"])
        return self.pick([f"www.{host}.{end}", f"https://www.{host}.{end}/", f"http://{host}.{end}", f"{host}.{end}", f"https://{host}.{end}/help"])

    # What must not be found.
    def card(self):
        return self.number(4 * 10 ** 15, 5 * 10 ** 15) if self.random.random() < 0.7 else " ".join(self.number(1000, 9999) for _ in range(4))

    def iban(self):
        return self.pick(["DE", "GB", "FR", "NL"]) + self.number(10, 99) + self.pick(["", "BANK"]) + self.number(10 ** 13, 10 ** 14)

    def phone(self):
        return self.pick([f"+{self.number(1, 99)} {self.number(10, 999)} {self.number(10 ** 5, 10 ** 7)}", f"({self.number(10, 999)}) {self.number(100, 999)}-{self.number(1000, 9999)}",
                          f"0{self.number(10, 99)} {self.number(10, 99)} {self.number(10, 99)} {self.number(10, 99)} {self.number(10, 99)}", self.number(10 ** 8, 10 ** 10), f"{self.number(100, 999)}-{self.number(100, 999)}-{self.number(1000, 9999)}"])

    def mail(self):
        return re.sub(r"[^a-z.]", "", (self.given() + self.pick([".", ""]) + self.family()).lower()) + "@" + self.pick(["brackwater.example", "post.example", "mail.com", "larkmoor.example"])

    def ip(self):
        return ".".join(self.number(1, 254) for _ in range(4))

    def amount(self):
        value = self.pick([self.number(5, 900), f"{self.number(1, 90)},{self.number(100, 999)}", f"{self.number(1, 900)}.{self.number(10, 99)}"])
        return self.pick(["$" + value, value + " euros", "EUR " + value, "£" + value, value + " dollars", value + "%"])

    def ref(self):
        return self.pick(["CASE-", "REF ", "INV-", "no. ", "#", ""]) + self.number(1000, 9999999)

    def count(self):
        return self.number(2, 900)

    def product(self):
        return self.pick(["Gold card", "Premium account", "savings account", "mortgage", "Home policy", "Visa card", "mobile app", "SEPA transfer", "ATM", "API", "Java", "Excel", "Bluetooth",
                          "Windows", "credit line", "Basel III report", "Form W-8", "KYC file", "Linux", "PDF", "Python", "COVID", "Christmas", "Internet"])

    def job(self):
        return self.pick(["engineer", "nurse", "teacher", "driver", "lawyer", "consultant", "baker", "singer", "footballer", "professor of physics", "accountant", "plumber", "CEO", "head of treasury"])


SLOTS = {"person": "person", "full": "person", "given": "person", "family": "person", "reversed_name": "person", "org": "organisation", "place": "place", "town": "place",
         "country": "place", "region": "place", "us": "place", "short_org": "organisation", "address": "street_address", "street": "street_address", "zip": "street_address", "corner": "street_address", "date": "date_time", "age": "age",
         "nationality": "nationality", "title": "title", "web": "web_address"}

from name_templates import HARMLESS, TEMPLATES  # noqa: E402


def fill(maker, template):
    text, spans = "", []
    at = 0
    for slot in re.finditer(r"\{(\w+)\}", template):
        text += template[at:slot.start()]
        value = getattr(maker, slot[1])()
        if slot[1] in SLOTS:
            spans.append([len(text), len(text) + len(value), SLOTS[slot[1]]])
        text += value
        at = slot.end()
    return text + template[at:], spans


def disguise(maker, text, spans):
    """Capitals and small letters as people write them; both change no character's number."""
    roll = maker.random.random()
    if roll < 0.06:
        changed = text.lower()
    elif roll < 0.11:
        changed = text.upper()
    else:
        return text, spans
    return (changed, spans) if len(changed) == len(text) else (text, spans)


def make(count, seed=20261125):
    maker = Maker(seed)
    for _ in range(count):
        if maker.random.random() < 0.2:
            text, spans = fill(maker, maker.pick(HARMLESS))
            if maker.random.random() < 0.3:
                text += " " + fill(maker, maker.pick(HARMLESS))[0]
        else:
            text, spans = fill(maker, maker.pick(TEMPLATES))
            if maker.random.random() < 0.12:  # two in a row
                more, more_spans = fill(maker, maker.pick(TEMPLATES + HARMLESS))
                gap = maker.pick([" ", " ", "\n", "\n\n"])
                spans = spans + [[b + len(text) + len(gap), e + len(text) + len(gap), t] for b, e, t in more_spans]
                text += gap + more
        text, spans = disguise(maker, text, spans)
        at = [0]
        for character in text:
            at.append(at[-1] + len(character.encode()))
        yield {"text": text, "spans": [[at[b], at[e], kind] for b, e, kind in spans]}


if __name__ == "__main__":
    for row in make(int(sys.argv[1])):
        print(json.dumps(row, ensure_ascii=False))
