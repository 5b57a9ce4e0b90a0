import { equal, ok, rejects } from "node:assert/strict";
import { BodyError, holdBody, limitBody } from "./request_body.ts";

const URL = "http://localhost/x";
const PART = new Uint8Array(1000);

function upload(pull: UnderlyingSource<Uint8Array>["pull"], cancel = () => {}): Request {
  const body = new ReadableStream({ ...pull && { pull }, cancel }, { highWaterMark: 0 });
  return new Request(URL, { method: "POST", body });
}

const isBodyError = (status: number) => (error: unknown) =>
  error instanceof BodyError && error.status === status;

Deno.test("a body is held whole up to the limit", async () => {
  const request = new Request(URL, { method: "POST", body: PART, headers: { "X-Kept": "1" } });
  const held = await holdBody(request, PART.byteLength);
  equal((await held.bytes()).byteLength, PART.byteLength);
  equal(held.headers.get("X-Kept"), "1");
});

Deno.test("an endless body is read only to the limit", async () => {
  let parts = 0;
  let isCancelled = false;
  const endless = upload((controller) => {
    parts++;
    controller.enqueue(PART);
  }, () => {
    isCancelled = true;
  });
  await rejects(holdBody(endless, 5_500), isBodyError(413));
  equal(parts, 6);
  ok(isCancelled);
});

Deno.test("a body that stalls is given up", async () => {
  await rejects(holdBody(upload(() => new Promise(() => {})), 5_500, 1), isBodyError(408));
});

Deno.test("a body that is passed on waits for its reader and stops when it is released", async () => {
  let parts = 0;
  let isCancelled = false;
  const { request, release } = limitBody(
    upload((controller) => {
      parts++;
      controller.enqueue(PART);
    }, () => {
      isCancelled = true;
    }),
    Infinity,
  );
  const reader = request.body?.getReader();
  await reader?.read();
  await reader?.read();
  equal(parts, 2);
  release();
  ok(isCancelled);
  await rejects(async () => await reader?.read());
});
