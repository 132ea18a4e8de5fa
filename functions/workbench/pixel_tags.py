"""What an airlock replaces on a site: for each network the tags to remove, and the hosts its pixel talks to."""

from msgspec import Struct


class PixelTag(Struct, frozen=True):
    """One vendor's pixel: words by which its tags are found in a page's source, and the hosts it talks to."""

    vendor: str
    find: tuple[str, ...]
    hosts: tuple[str, ...]


# The vendors' own installation pages (read 2026-11-25).
PIXELS = (
    PixelTag(
        "Meta Pixel",
        ("fbevents.js", "fbq('init'", "facebook.com/tr?id="),
        ("connect.facebook.net", "www.facebook.com"),
    ),
    PixelTag(
        "Google tag, Analytics and Ads",
        ("googletagmanager.com/gtag/js", "gtag('config'", "googleadservices.com/pagead/conversion"),
        (
            "www.googletagmanager.com",
            "www.google-analytics.com",
            "analytics.google.com",
            "www.googleadservices.com",
            "googleads.g.doubleclick.net",
            "stats.g.doubleclick.net",
            "www.google.com",
        ),
    ),
    PixelTag(
        "Google Tag Manager, once nothing is left in it",
        ("googletagmanager.com/gtm.js", "googletagmanager.com/ns.html"),
        ("www.googletagmanager.com",),
    ),
    PixelTag("TikTok Pixel", ("analytics.tiktok.com/i18n/pixel", "ttq.load("), ("analytics.tiktok.com",)),
    PixelTag(
        "LinkedIn Insight Tag",
        ("snap.licdn.com/li.lms-analytics", "_linkedin_partner_id", "px.ads.linkedin.com/collect"),
        ("snap.licdn.com", "px.ads.linkedin.com"),
    ),
    PixelTag("Microsoft UET", ("bat.bing.com/bat.js", "new UET("), ("bat.bing.com", "bat.bing.net")),
    PixelTag(
        "Reddit Pixel",
        ("redditstatic.com/ads/pixel.js", "rdt('init'"),
        ("www.redditstatic.com", "alb.reddit.com"),
    ),
    PixelTag("Pinterest Tag", ("s.pinimg.com/ct/core.js", "pintrk('load'"), ("s.pinimg.com", "ct.pinterest.com")),
    PixelTag("Snap Pixel", ("sc-static.net/scevent.min.js", "snaptr('init'"), ("sc-static.net", "tr.snapchat.com")),
)

# Not ad networks, and the same leak: each sees the address of every page, most of them what is typed as well.
ALSO = (
    "session recorders and heat maps: Hotjar, Microsoft Clarity, FullStory, Crazy Egg, Lucky Orange",
    "chat, review and call-tracking widgets, and booking forms in a frame, unless their vendor has signed a BAA",
    "embedded videos, maps, fonts and captchas from another company: put a picture with a link in their place",
    "on WordPress: the vendors' own plugins, PixelYourSite, Site Kit, and tags in the theme's header field",
    'every tag of the kind <noscript><img height="1" width="1" ...>',
)
