import assert from "node:assert/strict";
import { RealtimeClient } from "@supabase/supabase-js";
import fc from "fast-check";
import {
  BroadcastPayload,
  decodeFrame,
  encodeBroadcast,
  encodeFrame,
  FrameError,
} from "./frames.ts";
import { parsesBack } from "../../../supabase/functions/_shared/testing/parses_back.ts";

const { serializer } = new RealtimeClient("ws://127.0.0.1:9/realtime/v1", {
  params: { apikey: "key" },
});

const json = fc.jsonValue().filter(parsesBack).map((value) => JSON.stringify(value));
const short = fc.string({ unit: "grapheme", maxLength: 20 });

Deno.test("frames that the client encodes are decoded, with any names and payload", () => {
  fc.assert(fc.property(short, short, json, (topic, event, json) => {
    const payload = { event, payload: { value: JSON.parse(json) } };
    const message = { join_ref: "1", ref: "2", topic, event: "broadcast", payload };
    serializer.encode(message, (frame) => {
      const decoded = decodeFrame("2.0.0", frame);
      assert.deepEqual(
        [decoded.joinRef, decoded.ref, decoded.topic, decoded.event],
        ["1", "2", topic, "broadcast"],
      );
      if (!(decoded.payload instanceof BroadcastPayload)) return assert.fail("no broadcast");
      const { broadcast } = decoded.payload;
      assert.equal(broadcast.event, event);
      assert.equal(new TextDecoder().decode(broadcast.body), JSON.stringify(payload.payload));
    });
  }));
});

Deno.test("the client decodes encoded frames of both versions", () => {
  fc.assert(fc.property(short, short, json, (topic, event, json) => {
    const body = new TextEncoder().encode(json);
    const meta = { id: "m" };
    const expected = { type: "broadcast", event, payload: JSON.parse(json), meta };
    const binary = encodeBroadcast("2.0.0", topic, { event, encoding: "json", body, meta });
    assert.ok(binary instanceof Uint8Array);
    serializer.decode(binary.buffer, (message: unknown) =>
      assert.deepEqual(message, {
        join_ref: null,
        ref: null,
        topic,
        event: "broadcast",
        payload: expected,
      }));
    const text = encodeBroadcast("1.0.0", topic, { event, encoding: "json", body, meta });
    assert.deepEqual(JSON.parse(String(text)).payload, expected);
  }));
});

Deno.test("bytes and text that a version cannot carry are not sent", () => {
  const body = Uint8Array.of(0, 255);
  const message = { event: "e", encoding: "binary", body } as const;
  assert.equal(encodeBroadcast("1.0.0", "t", message), undefined);
  assert.ok(encodeBroadcast("2.0.0", "t", message) instanceof Uint8Array);
  const forged = new TextEncoder().encode('1},"topic":"another","x":{');
  assert.equal(
    encodeBroadcast("1.0.0", "t", { ...message, encoding: "json", body: forged }),
    undefined,
  );
});

Deno.test("text frames are the same in both directions", () => {
  const message = { joinRef: "1", ref: null, topic: "realtime:a", event: "x", payload: '{"a":1}' };
  for (const version of ["1.0.0", "2.0.0"] as const) {
    assert.deepEqual(decodeFrame(version, encodeFrame(version, message)), {
      ...message,
      payload: { a: 1 },
    });
  }
});

Deno.test("data that is not a frame is refused", () => {
  fc.assert(fc.property(
    fc.oneof(fc.string(), json, fc.uint8Array().map((bytes) => new Uint8Array(bytes).buffer)),
    fc.constantFrom("1.0.0", "2.0.0"),
    (data, version) => {
      try {
        decodeFrame(version, data);
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    },
  ));
});
