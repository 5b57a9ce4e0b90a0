/** One test in twenty fails, and every failure has a message and a stack of its own. */
const FAILS_EACH = 20;
const MODULES = 300;
const WORDS =
  "invoice total amount customer support refund billing please check order number late delivery"
    .split(" ");
const CATEGORIES = ["billing", "bug", "other"];
const WORDS_A_ROW = 18;

/** Returns a JUnit report of about this many megabytes, which is never larger. */
export function writeJunit(megabytes: number): Uint8Array<ArrayBuffer> {
  return write(megabytes, {
    head: '<?xml version="1.0"?><testsuites><testsuite name="suite">\n',
    tail: "</testsuite></testsuites>\n",
    line(index) {
      const module = index % MODULES;
      const seconds = (index * 37 % 1_000) / 1_000;
      const open = `<testcase classname="pkg.module${module}" ` +
        `name="test case number ${index} does what it should" time="${seconds}"`;
      if (index % FAILS_EACH !== 0) return `${open}/>\n`;
      const message = `expected ${index} to equal ${index + 1}`;
      return `${open}><failure message="AssertionError: ${message}">Error: ${message}\n` +
        `    at Object.&lt;anonymous&gt; (src/module${module}.test.ts:${index % 90 + 1}:13)\n` +
        "    at processTicksAndRejections (node:internal/process/task_queues:95:5)" +
        "</failure></testcase>\n";
    },
  });
}

/** Returns a CSV file of about this many megabytes, which is never larger. */
export function writeCsv(megabytes: number): Uint8Array<ArrayBuffer> {
  return write(megabytes, {
    head: "id,question,category,expected\n",
    tail: "",
    line(index) {
      const { id, question, category, expected } = makeRow(index);
      return `${id},"${question}",${category},${expected}\n`;
    },
  });
}

/** Returns a file of about this many megabytes that is one JSON array of objects. */
export function writeJson(megabytes: number): Uint8Array<ArrayBuffer> {
  return write(megabytes, {
    head: "[",
    tail: "]\n",
    line: (index) => `${index === 0 ? "" : ",\n"}${JSON.stringify(makeRow(index))}`,
  });
}

/** Returns a file of about this many megabytes of JSON Lines. */
export function writeJsonLines(megabytes: number): Uint8Array<ArrayBuffer> {
  return write(megabytes, {
    head: "",
    tail: "",
    line: (index) => `${JSON.stringify(makeRow(index))}\n`,
  });
}

function makeRow(index: number) {
  const words = Array.from(
    { length: WORDS_A_ROW },
    (_, word) => WORDS[(index * 7 + word * 5) % WORDS.length],
  );
  return {
    id: index,
    question: words.join(" "),
    category: CATEGORIES[index % CATEGORIES.length],
    expected: index * 37 % 10_000,
  };
}

interface Layout {
  readonly head: string;
  readonly tail: string;
  readonly line: (index: number) => string;
}

function write(megabytes: number, { head, tail, line }: Layout): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(megabytes * 1e6);
  let length = encoder.encodeInto(head, bytes).written;
  for (let index = 0;; index++) {
    const text = line(index);
    // All characters are ASCII, so a character is a byte.
    if (length + text.length + tail.length > bytes.length) break;
    length += encoder.encodeInto(text, bytes.subarray(length)).written;
  }
  length += encoder.encodeInto(tail, bytes.subarray(length)).written;
  return bytes.subarray(0, length);
}
