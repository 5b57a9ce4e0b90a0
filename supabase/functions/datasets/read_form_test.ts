import assert from "node:assert/strict";
import fc from "fast-check";
import { Problem } from "../_shared/platform/http/problem.ts";
import { readForm } from "./read_form.ts";

/** A form as browsers write it, cut into pieces of this many bytes; counts what was read of it. */
async function cutForm(form: FormData, size: number) {
  const whole = new Response(form);
  const contentType = whole.headers.get("content-type") ?? "";
  const bytes = await whole.bytes();
  const state = { read: 0, total: bytes.length };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (state.read >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(state.read, state.read + size));
      state.read += size;
    },
  }, { highWaterMark: 0 });
  return { contentType, body, state };
}

Deno.test("fields and file of a form are read back the same, wherever its bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "grapheme" }).map((text) => text.toWellFormed().replace(/[\r\n]/g, "")),
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ unit: fc.constantFrom("\r", "\n", "-", "a") })
          .map((text) => new TextEncoder().encode(text)),
      ),
      fc.integer({ min: 1, max: 90 }),
      async (name, content, size) => {
        const form = new FormData();
        form.append("name", name);
        form.append("file", new File([new Uint8Array(content)], "rows.csv", { type: "text/csv" }));
        const { body, contentType } = await cutForm(form, size);
        const { fields, file } = await readForm(body, contentType);
        assert.deepEqual(fields, { name });
        assert.deepEqual([file.name, file.contentType], ["rows.csv", "text/csv"]);
        assert.deepEqual(await new Response(file.body).bytes(), new Uint8Array(content));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a file is read only as fast as it is consumed", async () => {
  const form = new FormData();
  form.append("file", new File([new Uint8Array(1_000_000)], "a.csv"));
  const { body, contentType, state } = await cutForm(form, 1_000);
  const { file } = await readForm(body, contentType);
  const reader = file.body.getReader();
  for (let taken = 0; taken < 100_000;) taken += (await reader.read()).value?.length ?? 0;
  assert.ok(state.read < 110_000, `${state.read} bytes were read`);
  await reader.cancel();
});

Deno.test("a part after the file, or a truncated form, fails while the file is read", async () => {
  const isProblem = (code: string) => (error: unknown) =>
    error instanceof Problem && error.code === code;
  const form = new FormData();
  form.append("file", new File(["a\n1\n"], "a.csv"));
  form.append("name", "late");
  const late = await cutForm(form, 10);
  const { file } = await readForm(late.body, late.contentType);
  await assert.rejects(new Response(file.body).bytes(), isProblem("request.invalid"));

  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n';
  for (const rest of ["a\n1\n", "a\n1\n\r\n--b", ""]) {
    const short = new Blob([head + rest]).stream();
    const read = async () => {
      const { file } = await readForm(short, "multipart/form-data; boundary=b");
      return await new Response(file.body).bytes();
    };
    await assert.rejects(read, isProblem("request.malformed"));
  }
});
