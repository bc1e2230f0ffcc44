from tests.browser.fixtures import browser, context, page

__all__ = ["browser", "context", "page"]
