"""Who may be told what: each network's own click ids, the contact fields it takes hashed, and the words it wants."""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from airlock.normalisation import Normalisation
from airlock.tokens import ClickIdKind

SIX_HOURS_S = 6 * 3600
DAY_S = 86_400


class Destination(StrEnum):
    """The networks that Airlock can tell."""

    META = "meta"
    GOOGLE = "google"
    GA4 = "ga4"
    TIKTOK = "tiktok"
    LINKEDIN = "linkedin"
    MICROSOFT = "microsoft"
    REDDIT = "reddit"
    PINTEREST = "pinterest"
    SNAPCHAT = "snapchat"


class ContactField(StrEnum):
    """The `user` fields of a request."""

    EMAIL = "email"
    PHONE = "phone"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    CITY = "city"
    STATE = "state"
    ZIP = "zip"
    COUNTRY = "country"
    DATE_OF_BIRTH = "date_of_birth"
    EXTERNAL_ID = "external_id"


class OwnSetting(StrEnum):
    """What a policy can set for some networks alone, because the others' requests have no place for it."""

    LOGIN_ACCOUNT = "login_account"  # an account that signs in for the one that is told
    TEST_CODE = "test_code"  # what turns the network's own test mode on


class Address(Struct, frozen=True):
    """What one network may be given, whatever a policy says."""

    account: re.Pattern[str]
    account_is: str  # the rule in words, for a policy's author
    event_word: re.Pattern[str]
    event_word_is: str
    click_ids: tuple[ClickIdKind, ...] = ()  # in order of preference; told at most one
    contact: Mapping[ContactField, Normalisation] = MappingProxyType({})  # what it takes, hashed, and how written
    recognised_by: tuple[
        frozenset[ContactField], ...
    ] = ()  # any of these sets of digests is enough to recognise somebody
    contact_refused: str = ""  # why it may never get contact data, if so
    needs_identity: bool = True
    needs_one_of: frozenset[ContactField] = frozenset()  # a click id alone is not enough for it
    tells_page: bool = False
    tells_click_time: bool = False
    own_settings: frozenset[OwnSetting] = frozenset()  # a policy that sets another for it is refused
    heeds_stage: bool = False  # in a test stage it is told in its own test mode, without a code
    click_settles_s: int = 0  # how long after a click the network first knows it
    max_age_s: int = 7 * DAY_S  # how old an event may be when the network is told
    max_age_in_person_s: int = 0  # the same for what happened at the clinic, where that may be older


# What a network takes that takes everything, in Meta's way of writing; the others say where theirs differs.
_ALL = {
    ContactField.EMAIL: Normalisation.EMAIL,
    ContactField.PHONE: Normalisation.PHONE_DIGITS,
    ContactField.FIRST_NAME: Normalisation.NAME_UNPUNCTUATED,
    ContactField.LAST_NAME: Normalisation.NAME_UNPUNCTUATED,
    ContactField.CITY: Normalisation.CITY,
    ContactField.STATE: Normalisation.STATE,
    ContactField.ZIP: Normalisation.ZIP,
    ContactField.COUNTRY: Normalisation.COUNTRY,
    ContactField.DATE_OF_BIRTH: Normalisation.DATE_OF_BIRTH,
    ContactField.EXTERNAL_ID: Normalisation.EXTERNAL_ID,
}
_PLAIN_NAMES = {ContactField.FIRST_NAME: Normalisation.NAME, ContactField.LAST_NAME: Normalisation.NAME}
_EACH_ALONE = tuple(frozenset({field}) for field in (ContactField.EMAIL, ContactField.PHONE, ContactField.EXTERNAL_ID))
_DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)
_WORD_IS = "a word of letters, digits and underscores, at most 40 characters"
_GOOGLE_REFUSED = "Google's customer-data policy forbids hashed contact data for health services"

# Sources: each network's destination file names the pages.
ADDRESS_BOOK: Mapping[Destination, Address] = MappingProxyType(
    {
        Destination.META: Address(
            account=re.compile(r"[0-9]{6,20}", re.ASCII),
            account_is="a dataset (pixel) id of 6 to 20 digits",
            event_word=_WORD,
            event_word_is=_WORD_IS,
            click_ids=(ClickIdKind.FBCLID,),
            contact=MappingProxyType(_ALL),
            recognised_by=(*_EACH_ALONE, frozenset({ContactField.FIRST_NAME, ContactField.LAST_NAME})),
            tells_page=True,
            tells_click_time=True,
            own_settings=frozenset({OwnSetting.TEST_CODE}),
            max_age_in_person_s=62 * DAY_S,
        ),
        Destination.GOOGLE: Address(
            account=re.compile(r"[0-9]{10}", re.ASCII),
            account_is="the operating account's 10 digits, without dashes",
            event_word=_DIGITS,
            event_word_is="a conversion action id, digits only",
            click_ids=(ClickIdKind.GCLID, ClickIdKind.GBRAID, ClickIdKind.WBRAID),
            contact_refused=_GOOGLE_REFUSED,
            own_settings=frozenset({OwnSetting.LOGIN_ACCOUNT}),
            click_settles_s=SIX_HOURS_S,
            max_age_s=90 * DAY_S,
            heeds_stage=True,
        ),
        Destination.GA4: Address(
            account=re.compile(r"G-[A-Z0-9]{4,20}", re.ASCII),
            account_is="a measurement id such as G-XXXXXXXXXX",
            event_word=re.compile(r"(?!google_|ga_|firebase_)[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII),
            event_word_is=_WORD_IS + ", without GA4's reserved prefixes",
            contact_refused=_GOOGLE_REFUSED,
            needs_identity=False,
            max_age_s=3 * DAY_S,
        ),
        Destination.TIKTOK: Address(
            account=re.compile(r"[A-Z0-9]{10,40}", re.ASCII),
            account_is="an event source (pixel) code of capital letters and digits",
            event_word=_WORD,
            event_word_is=_WORD_IS,
            click_ids=(ClickIdKind.TTCLID,),
            contact=MappingProxyType(
                {
                    ContactField.EMAIL: Normalisation.EMAIL,
                    ContactField.PHONE: Normalisation.PHONE_E164,
                    ContactField.FIRST_NAME: Normalisation.NAME_UNSPACED,
                    ContactField.LAST_NAME: Normalisation.NAME_UNSPACED,
                    ContactField.ZIP: Normalisation.ZIP,
                    ContactField.EXTERNAL_ID: Normalisation.EXTERNAL_ID,
                }
            ),
            recognised_by=_EACH_ALONE,
            tells_page=True,
            own_settings=frozenset({OwnSetting.TEST_CODE}),
        ),
        Destination.LINKEDIN: Address(
            account=_DIGITS,
            account_is="an ad account id, digits only",
            event_word=_DIGITS,
            event_word_is="a conversion rule id, digits only",
            click_ids=(ClickIdKind.LI_FAT_ID,),
            contact=MappingProxyType({ContactField.EMAIL: Normalisation.EMAIL}),
            recognised_by=_EACH_ALONE[:1],
            max_age_s=90 * DAY_S,
        ),
        Destination.MICROSOFT: Address(
            account=_DIGITS,
            account_is="a UET tag id, digits only",
            event_word=_WORD,
            event_word_is=_WORD_IS,
            click_ids=(ClickIdKind.MSCLKID,),
            contact=MappingProxyType(
                {
                    ContactField.EMAIL: Normalisation.EMAIL_UNDOTTED,
                    ContactField.PHONE: Normalisation.PHONE_DIGITS,
                }
            ),
            recognised_by=_EACH_ALONE[:2],
        ),
        Destination.REDDIT: Address(
            account=re.compile(r"[A-Za-z0-9_]{4,40}", re.ASCII),
            account_is="a pixel id",
            event_word=re.compile(
                r"PAGE_VISIT|VIEW_CONTENT|SEARCH|ADD_TO_CART|ADD_TO_WISHLIST|PURCHASE|LEAD|SIGN_UP", re.ASCII
            ),
            event_word_is="one of Reddit's tracking types, such as LEAD or SIGN_UP",
            click_ids=(ClickIdKind.RDT_CID,),
            contact=MappingProxyType(
                {
                    ContactField.EMAIL: Normalisation.EMAIL_UNDOTTED,
                    ContactField.PHONE: Normalisation.PHONE_E164,
                    ContactField.EXTERNAL_ID: Normalisation.EXTERNAL_ID,
                }
            ),
            recognised_by=_EACH_ALONE,
            own_settings=frozenset({OwnSetting.TEST_CODE}),
        ),
        Destination.PINTEREST: Address(
            account=_DIGITS,
            account_is="an ad account id, digits only",
            event_word=_WORD,
            event_word_is=_WORD_IS,
            click_ids=(ClickIdKind.EPIK,),
            contact=MappingProxyType({**_ALL, **_PLAIN_NAMES, ContactField.ZIP: Normalisation.ZIP_DIGITS}),
            recognised_by=_EACH_ALONE,
            needs_one_of=frozenset({ContactField.EMAIL}),
            tells_page=True,
            heeds_stage=True,
        ),
        Destination.SNAPCHAT: Address(
            account=re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII),
            account_is="a pixel id, a lower-case UUID",
            event_word=re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII),
            event_word_is="a word of capital letters, digits and underscores, such as SIGN_UP",
            click_ids=(ClickIdKind.SCCID,),
            contact=MappingProxyType({**_ALL, **_PLAIN_NAMES, ContactField.STATE: Normalisation.STATE_UNSPACED}),
            recognised_by=_EACH_ALONE,
            needs_one_of=frozenset({ContactField.EMAIL, ContactField.PHONE}),
            tells_page=True,
            heeds_stage=True,
        ),
    }
)
