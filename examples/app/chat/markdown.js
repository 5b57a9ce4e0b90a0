// A model wrote the text, and it may repeat what stands in a customer's data. So an image or a link,
// which would carry data to another host, is shown as text. What is left is still sanitised. index.html
// loads both libraries before the modules.

/** Elements of an answer. Headings would break the outline of the page: they become bold text. */
const TAGS = "a blockquote br code del em hr li ol p pre strong table tbody td th thead tr ul"
  .split(" ");

/** @type {typeof import("marked")} */
const { Marked } = Reflect.get(globalThis, "marked");

const marked = new Marked({
  gfm: true,
  renderer: {
    heading({ tokens }) {
      return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`;
    },
    html: ({ text }) => escape(text),
    image: ({ text, href }) => escape(withAddress(text, href)),
    link({ tokens, href, text }) {
      if (!isOwn(href)) return escape(withAddress(text, href));
      return `<a href="${escape(href)}">${this.parser.parseInline(tokens)}</a>`;
    },
  },
});

/** @type {import("dompurify").DOMPurify} */
const purifier = Reflect.get(globalThis, "DOMPurify");

/**
 * Returns Markdown as elements.
 *
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function renderMarkdown(text) {
  const html = marked.parse(text, { async: false });
  return purifier.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ["href", "start"],
    RETURN_DOM_FRAGMENT: true,
  });
}

/**
 * Tells whether a link stays on this site.
 *
 * @param {string} href
 */
function isOwn(href) {
  return URL.parse(href, location.href)?.origin === location.origin;
}

/**
 * @param {string} text
 * @param {string} href
 */
function withAddress(text, href) {
  return text === href || text === "" ? href : `${text} (${href})`;
}

/** @param {string} text */
function escape(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element.innerHTML.replaceAll('"', "&quot;");
}
