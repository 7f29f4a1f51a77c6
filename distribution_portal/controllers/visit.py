"""Who opens a link: a person, or a program that looks at it on somebody's behalf?"""

# Programs that fetch a page to show a preview of it, beside those that `ir.http.is_a_bot` knows.
PREVIEW_AGENTS = (
    'bluesky cardyb', 'embedly', 'facebookcatalog', 'iframely', 'kakaotalk-scrap', 'line-poker', 'mastodon/',
    'meta-externalagent', 'meta-externalfetcher', 'microsoft office', 'ms-office', 'msoffice', 'nuzzel', 'outbrain',
    'qq-urlmanager', 'snap url', 'synapse (', 'tumblr/', 'viber/', 'vkshare', 'yahoo link', 'zoominfo',
)
# Browsers tell in one of these that they fetch a page before anybody asked for it.
_PURPOSE_HEADERS = ('Sec-Purpose', 'Purpose', 'X-Purpose', 'X-Moz')
_EARLY = ('prefetch', 'prerender', 'preview')


def is_visit(method, headers, preview_agents=PREVIEW_AGENTS):
    """Tell whether a request looks like a person who opens a link.

    :param str method: Of HTTP.
    :param headers: A mapping that does not mind the case of names, as werkzeug has it.
    :param tuple[str] preview_agents: Parts of user agents, in lower case.
    :rtype: bool
    """
    agent = headers.get('User-Agent', '').strip().lower()
    return (
        method == 'GET'
        and bool(agent)
        and not any(preview in agent for preview in preview_agents)
        and not any(early in headers.get(name, '').lower() for name in _PURPOSE_HEADERS for early in _EARLY)
    )
