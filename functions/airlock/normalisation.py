"""Rules by which a contact field is written before it is hashed; the address book names them for each network.

The plain values are on the raw side alone, so `sanitizer.normalisation` has the code. One field has several rules where
the networks disagree: a digest made by the wrong one matches nobody. Pages and packages below were read 2026-11-23.
"""

from enum import StrEnum


class Normalisation(StrEnum):
    """A rule: the kind of field, and what is special about it."""

    # Trimmed, lower case; dots and +suffixes stay, at Gmail too.
    # developers.facebook.com, Conversions API, customer information parameters; learn.microsoft.com, LinkedIn
    # Conversions API; TikTok's gtm-template-eapi; Pinterest and Snapchat: Segment's action-destinations.
    EMAIL = "email"
    # The same, and at gmail.com and googlemail.com without dots and +suffix.
    # google-ads-datamanager-util 0.4.0. Google is told no contact data; the rule is here because the test vectors are.
    EMAIL_GMAIL = "email.gmail"
    # The local part without dots and +suffix, at any domain.
    # Microsoft UET: walkerOS's destination; Reddit: Segment's action-destinations.
    EMAIL_UNDOTTED = "email.undotted"

    # Digits only, country code first, no plus sign, no leading zero.
    # developers.facebook.com, as above; Pinterest and Snapchat document the same; Microsoft UET: Segment's
    # action-destinations (walkerOS only trims: to be confirmed with a test account).
    PHONE_DIGITS = "phone.digits"
    # E.164: a plus sign, country code, digits.
    # TikTok's gtm-template-eapi; Reddit: Segment's action-destinations, which cuts extensions;
    # google-ads-datamanager-util 0.4.0.
    PHONE_E164 = "phone.e164"

    # Trimmed, lower case. Pinterest and Snapchat: Segment's action-destinations; google-ads-datamanager-util 0.4.0.
    NAME = "name"
    # Lower case without white space. TikTok: Segment's action-destinations.
    NAME_UNSPACED = "name.unspaced"
    # Lower case without white space and (ASCII) punctuation; other scripts as they are.
    # developers.facebook.com, as above, and Meta's capi-param-builder.
    NAME_UNPUNCTUATED = "name.unpunctuated"

    # Lower case, letters and digits alone. developers.facebook.com, as above; Pinterest and Snapchat follow it.
    CITY = "city"
    # The two letters of a US state or Canadian province, lower case; any other by its letters alone.
    # developers.facebook.com, as above; Pinterest follows it.
    STATE = "state"
    # The same, but of any other only the white space goes. Snapchat: Segment's action-destinations.
    STATE_UNSPACED = "state.unspaced"
    # Lower case, no white space, what stands before the first hyphen (a US ZIP+4 becomes its five digits).
    # developers.facebook.com, as above, and Meta's capi-param-builder; TikTok and Snapchat follow it.
    ZIP = "zip"
    # Digits only. Pinterest: Segment's action-destinations.
    ZIP_DIGITS = "zip.digits"
    # Two letters of ISO 3166-1, lower case. developers.facebook.com, as above; Pinterest and Snapchat follow it.
    COUNTRY = "country"
    # YYYYMMDD. developers.facebook.com, as above; Pinterest and Snapchat follow it.
    DATE_OF_BIRTH = "date_of_birth"
    # Trimmed, lower case: Meta's own packages lower it before they hash, and Segment does for TikTok.
    EXTERNAL_ID = "external_id"
