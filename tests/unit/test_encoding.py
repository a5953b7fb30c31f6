# ruff: noqa: E501, RUF001 - texts in other languages, one a line
"""Encodings of text files: texts in many languages, as programs of many years wrote them."""

import io
import pickle
import random
import zipfile
import zlib

import pytest

from index.errors import UnreadableDocumentError
from index.reading.formats.encoding import decoded

_TEXTS = [
    ("cp1252", "Rückgabe: Geräte können innerhalb von 14 Tagen zurückgegeben werden. Die Gebühr beträgt 5 Euro."),
    ("latin-1", "Rückgabe: Geräte können innerhalb von 14 Tagen zurückgegeben werden. Die Gebühr beträgt 5 Euro."),
    ("iso8859-15", "Rückgabe: Geräte können innerhalb von 14 Tagen zurückgegeben werden. Die Gebühr beträgt 5 Euro."),
    ("mac_roman", "Rückgabe: Geräte können innerhalb von 14 Tagen zurückgegeben werden. Die Gebühr beträgt 5 Euro."),
    ("cp850", "Rückgabe: Geräte können innerhalb von 14 Tagen zurückgegeben werden. Die Gebühr beträgt 5 Euro."),
    (
        "cp1252",
        "Öffnungszeiten\n\nMontag bis Freitag von 9 bis 17 Uhr. Die Kündigungsfrist beträgt drei Monate – „ohne Ausnahme“.",
    ),
    (
        "mac_roman",
        "Öffnungszeiten\n\nMontag bis Freitag von 9 bis 17 Uhr. Die Kündigungsfrist beträgt drei Monate – „ohne Ausnahme“.",
    ),
    (
        "cp1252",
        "Les remboursements sont effectués sous 14 jours. Le délai de préavis est d'un mois après la réception.",
    ),
    (
        "mac_roman",
        "Les remboursements sont effectués sous 14 jours. Le délai de préavis est d'un mois après la réception.",
    ),
    ("cp850", "Les remboursements sont effectués sous 14 jours. Le délai de préavis est d'un mois après la réception."),
    ("cp1252", "L’abonnement coûte 12 € par mois. Où trouver ma facture ? Réglages > Paiement."),
    ("mac_roman", "L’abonnement coûte 12 € par mois. Où trouver ma facture ? Réglages > Paiement."),
    (
        "cp1252",
        "¿Cómo restablezco la contraseña? Abra Configuración y elija «Contraseña». El código caduca en 15 minutos.",
    ),
    (
        "mac_roman",
        "¿Cómo restablezco la contraseña? Abra Configuración y elija «Contraseña». El código caduca en 15 minutos.",
    ),
    (
        "cp850",
        "¿Cómo restablezco la contraseña? Abra Configuración y elija «Contraseña». El código caduca en 15 minutos.",
    ),
    (
        "cp1252",
        "O reembolso não é possível após 30 dias. Atenção: as condições de devolução estão na página de instruções.",
    ),
    (
        "mac_roman",
        "O reembolso não é possível após 30 dias. Atenção: as condições de devolução estão na página de instruções.",
    ),
    (
        "cp1252",
        "La garanzia è valida per due anni. Perché il dispositivo non si accende? Verificare l'unità più vicina.",
    ),
    (
        "mac_roman",
        "La garanzia è valida per due anni. Perché il dispositivo non si accende? Verificare l'unità più vicina.",
    ),
    (
        "cp1252",
        "Återbetalning sker inom 14 dagar. Öppna inställningar och välj språk. Ändra lösenordet för ditt användarkonto.",
    ),
    (
        "mac_roman",
        "Återbetalning sker inom 14 dagar. Öppna inställningar och välj språk. Ändra lösenordet för ditt användarkonto.",
    ),
    (
        "cp850",
        "Återbetalning sker inom 14 dagar. Öppna inställningar och välj språk. Ändra lösenordet för ditt användarkonto.",
    ),
    ("cp1252", "Returnering skal ske inden for 14 dage. Åbn indstillinger og vælg sprog. Æbler og øl er på lager."),
    ("mac_roman", "Returnering skal ske inden for 14 dage. Åbn indstillinger og vælg sprog. Æbler og øl er på lager."),
    ("cp1252", "Palautusoikeus on 14 päivää. Avaa asetukset ja valitse käyttäjä. Hyväksy käyttöehdot."),
    ("cp1252", "Endurgreiðsla þarf að berast innan 14 daga. Opnaðu stillingar og veldu tungumál. Það er ókeypis."),
    ("cp1252", "The fee is £5 – payable within 14 days. The café’s “early bird” offer ends at noon."),
    ("mac_roman", "The fee is £5 – payable within 14 days. The café’s “early bird” offer ends at noon."),
    ("cp1252", "The temperature must not exceed 40°C. Tolerance ±2 %, price 5 €."),
    ("mac_roman", "The temperature must not exceed 40°C. Tolerance ±2 %, price 5 €."),
    (
        "cp1250",
        "Zwrot jest możliwy w ciągu 14 dni. Otwórz ustawienia i wybierz język. Opłata wynosi pięć złotych, żądanie należy potwierdzić.",
    ),
    (
        "iso8859-2",
        "Zwrot jest możliwy w ciągu 14 dni. Otwórz ustawienia i wybierz język. Opłata wynosi pięć złotych, żądanie należy potwierdzić.",
    ),
    (
        "cp1250",
        "Vrácení zboží je možné do 14 dnů. Otevřete nastavení a zvolte jazyk. Poplatek činí pět eur, žádost potvrďte.",
    ),
    (
        "iso8859-2",
        "Vrácení zboží je možné do 14 dnů. Otevřete nastavení a zvolte jazyk. Poplatek činí pět eur, žádost potvrďte.",
    ),
    (
        "cp1250",
        "A visszaküldés 14 napon belül lehetséges. Nyissa meg a beállításokat, és válassza ki a nyelvet. Az őrzési idő három hónap.",
    ),
    (
        "iso8859-2",
        "A visszaküldés 14 napon belül lehetséges. Nyissa meg a beállításokat, és válassza ki a nyelvet. Az őrzési idő három hónap.",
    ),
    (
        "cp1250",
        "Povrat je moguć u roku od 14 dana. Otvorite postavke i odaberite željeni jezik. Račun šaljemo e-poštom.",
    ),
    (
        "iso8859-2",
        "Povrat je moguć u roku od 14 dana. Otvorite postavke i odaberite željeni jezik. Račun šaljemo e-poštom.",
    ),
    (
        "cp1251",
        "Возврат возможен в течение 14 дней. Откройте настройки и выберите язык. Комиссия составляет пять евро.",
    ),
    (
        "koi8-r",
        "Возврат возможен в течение 14 дней. Откройте настройки и выберите язык. Комиссия составляет пять евро.",
    ),
    ("cp866", "Возврат возможен в течение 14 дней. Откройте настройки и выберите язык. Комиссия составляет пять евро."),
    (
        "iso8859-5",
        "Возврат возможен в течение 14 дней. Откройте настройки и выберите язык. Комиссия составляет пять евро.",
    ),
    (
        "cp1251",
        "Повернення можливе протягом 14 днів. Відкрийте налаштування та виберіть мову. Комісія становить п'ять євро.",
    ),
    (
        "koi8-u",
        "Повернення можливе протягом 14 днів. Відкрийте налаштування та виберіть мову. Комісія становить п'ять євро.",
    ),
    ("cp1251", "Връщането е възможно в срок от 14 дни. Отворете настройките и изберете език. Таксата е пет евро."),
    (
        "cp1253",
        "Η επιστροφή είναι δυνατή εντός 14 ημερών. Ανοίξτε τις ρυθμίσεις και επιλέξτε γλώσσα. Το τέλος είναι πέντε ευρώ.",
    ),
    (
        "iso8859-7",
        "Η επιστροφή είναι δυνατή εντός 14 ημερών. Ανοίξτε τις ρυθμίσεις και επιλέξτε γλώσσα. Το τέλος είναι πέντε ευρώ.",
    ),
    ("cp1254", "İade 14 gün içinde mümkündür. Ayarları açın ve dili seçin. Ücret beş avrodur, şifreyi değiştirin."),
    ("cp1255", "ההחזרה אפשרית תוך 14 ימים. פתחו את ההגדרות ובחרו שפה. העמלה היא חמישה אירו."),
    ("cp1256", "يمكن الإرجاع خلال 14 يوما. افتح الإعدادات واختر اللغة. الرسوم خمسة يورو."),
    ("shift_jis", "返品は14日以内に可能です。設定を開いて言語を選択してください。手数料は500円です。"),
    ("cp932", "返品は14日以内に可能です。設定を開いて言語を選択してください。手数料は500円です。"),
    ("euc_jp", "返品は14日以内に可能です。設定を開いて言語を選択してください。手数料は500円です。"),
    ("iso2022_jp", "返品は14日以内に可能です。設定を開いて言語を選択してください。手数料は500円です。"),
    ("shift_jis", "パスワードをリセットするには、設定画面を開きます。"),
    ("euc_jp", "パスワードをリセットするには、設定画面を開きます。"),
    ("gb18030", "退货可在14天内办理。请打开设置并选择语言。手续费为五欧元。"),
    ("gbk", "退货可在14天内办理。请打开设置并选择语言。手续费为五欧元。"),
    ("gb18030", "重置密码：打开设置，点击“安全”，然后选择“更改密码”。"),
    ("big5", "退貨可在14天內辦理。請打開設定並選擇語言。手續費為五歐元。"),
    ("euc_kr", "반품은 14일 이내에 가능합니다. 설정을 열고 언어를 선택하십시오. 수수료는 5유로입니다."),
    ("cp949", "반품은 14일 이내에 가능합니다. 설정을 열고 언어를 선택하십시오. 수수료는 5유로입니다."),
    ("cp874", "สามารถคืนสินค้าได้ภายใน 14 วัน เปิดการตั้งค่าและเลือกภาษา"),
    ("cp1252", "Bitte wählen Sie Menü > Zubehör."),
    ("cp1252", "Größe: 12 mm ± 0,5"),
    ("latin-1", "Prière de réserver à l'avance."),
    ("cp1252", "# Préparation\n\n- Éteindre l’appareil\n- Attendre 30 secondes…\n"),
    ("cp1252", "El envío cuesta 5 € y tarda 3 días hábiles."),
    ("cp1252", "Não é possível cancelar após o envio."),
    ("cp1252", "Kostnaden är 40 kr per månad. Välj språk i inställningar."),
    ("cp1252", "Gebyret er på 50 kr. Trykk på «Innstillinger» og velg språk."),
    ("cp1252", "Code;Bedeutung\nE-77;Lüfter blockiert\nE-78;Übertemperatur\n"),
    ("cp1250", "Zażółć gęślą jaźń. Hasło można zmienić w ustawieniach."),
    ("cp1250", "Heslo lze změnit v nastavení účtu. Příliš žluťoučký kůň."),
    ("cp1250", "Zmeňte heslo v nastaveniach účtu. Poplatok je päť eur, lehota štrnásť dní."),
    ("cp1250", "Parola poate fi schimbată în setări. Taxa este de cinci euro. Şi după 14 zile."),
    ("cp1251", "Пароль можно сменить в настройках учётной записи."),
    ("cp1251", "Ошибка 404: страница не найдена"),
    ("koi8-r", "Пароль можно сменить в настройках."),
    ("cp1251", "Лозинка се може променити у подешавањима."),
    ("shift_jis", "営業時間は平日9時から17時までです。"),
    ("shift_jis", "エラーコード：E-77\u3000ファンが停止しています。"),
    ("euc_jp", "営業時間は平日9時から17時までです。"),
    ("gb18030", "错误代码：E-77，风扇被堵塞。请清洁过滤器。"),
    ("gbk", "营业时间：周一至周五 9:00-17:00"),
    ("big5", "營業時間：週一至週五九點到下午五點。請清潔濾網。"),
    ("euc_kr", "영업시간은 평일 오전 9시부터 오후 5시까지입니다."),
    ("mac_roman", "Die Rückgabe ist binnen 14 Tagen möglich. Größere Geräte holen wir ab."),
    ("mac_roman", "Le café est fermé à midi. Où êtes-vous ?"),
    ("cp1252", "It’s “free” for members – others pay £5."),
    ("cp1252", "Price: £12.50"),
    ("cp1252", "Temp: 40 °C max."),
    ("cp1252", "© 2024 Acme®. All rights reserved."),
    ("cp1253", "Ώρες λειτουργίας: Δευτέρα έως Παρασκευή."),
    ("cp1254", "Şifrenizi ayarlardan değiştirebilirsiniz. Ücret beş lira."),
    ("iso8859-15", "Le prix est de 5 € par mois, délai 14 jours."),
    ("iso8859-2", "Hasło można zmienić w ustawieniach."),
    ("cp1257", "Slaptažodį galite pakeisti nustatymuose. Mokestis – penki eurai."),
    ("cp1258", "Mat khau"),
    ("cp850", "Die Rückgabe ist möglich. Geräte für 5 Euro."),
    ("cp437", "Die Rückgabe ist möglich. Geräte für 5 Euro."),
]
_UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize(("encoding", "text"), _TEXTS)
def test_a_text_in_an_older_encoding_is_read(encoding: str, text: str) -> None:
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", _UNICODE)
@pytest.mark.parametrize("text", sorted({text for _, text in _TEXTS if len(text) > 20}))
def test_a_text_in_unicode_is_read_with_and_without_a_mark(encoding: str, text: str) -> None:
    assert decoded(f"{text}\n".encode(encoding)) == f"{text}\n"


def test_line_ends_become_line_feeds() -> None:
    assert decoded(b"a\r\nb\rc\n") == "a\nb\nc\n"


def test_what_a_page_declares_counts_if_its_bytes_are_valid_in_it() -> None:
    raw = "naïve café".encode("cp1250", errors="ignore") + "ł".encode("cp1250")
    assert decoded(raw, "windows-1250").endswith("ł")
    assert decoded("Gerät".encode(), "ascii") == "Gerät"
    assert decoded("Gerät".encode(), "no-such-encoding") == "Gerät"


def test_a_few_characters_that_nobody_sees_do_not_make_a_text_binary() -> None:
    assert decoded(b"a line of text\n" * 100 + b"\0" * 10) == "a line of text\n" * 100
    assert decoded(b"Error \x1b[31mred\x1b[0m") == "Error \x1b[31mred\x1b[0m"


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "hello " * 50)
    return packed.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        _zip(),
        zlib.compress(b"x" * 10_000),
        pickle.dumps({"a": [1, 2.5, b"\xff"]}),
        b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0>\0" + bytes(60),
        b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(48),
        b"SQLite format 3\0" + bytes(200),
        b"GIF89a" + random.Random(1).randbytes(200),
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + random.Random(2).randbytes(300),
        b"\xff\xd8\xff\xe0\0\x10JFIF" + random.Random(3).randbytes(300),
        b"abc\0\0def\0 text of a log",
        random.Random(4).randbytes(5_000),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableDocumentError, match="binary"):
        decoded(raw)


def test_of_thousands_of_random_files_hardly_one_is_taken_for_text() -> None:
    generator = random.Random(5)
    taken = 0
    for size in range(64, 1_064):
        try:
            decoded(generator.randbytes(size))
            taken += 1
        except UnreadableDocumentError:
            pass
    assert taken <= 3
