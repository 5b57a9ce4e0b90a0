import assert from "node:assert/strict";
import fc from "fast-check";
import { publicConnectionError, publicMessage } from "./public_message.ts";

const OWNER = "11111111-2222-3333-4444-555555555555";

Deno.test("a message holds no URLs, owners' ids, tokens, keys and internal hosts", () => {
  const private_ = [
    `Timeout while downloading https://p.supabase.co/sign/images/${OWNER}/a.png?token=eyJhbGci.SECRET.sig.`,
    `could not read ${OWNER}/invoice.png`,
    `'/storage/v1/object/sign/benchmark-images/${OWNER}/invoice.png?token=abc' is gone`,
    "upstream kong.internal:8000 refused",
    "dial tcp 10.1.2.3:8080: connection refused",
    "connect to [::1]:54321 or localhost:54321 failed",
    "worker.default.svc.cluster.local is away",
    `Your team ${OWNER} has no credits`,
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA is no image",
    "Incorrect API key provided: sk-live-12345678",
  ];
  for (const text of private_) {
    const shown = publicMessage(text, ["sk-live-12345678"]);
    assert.doesNotMatch(
      shown,
      /supabase|1111|SECRET|invoice|token=(?!\[)|kong|10\.1|::1|localhost|cluster|iVBOR|12345678/,
      shown,
    );
  }
});

Deno.test("a failed connection does not name the provider's address", () => {
  const failures = [
    "error sending request for url (https://api.acme.ai/v1/chat/completions): client error (Connect): dns error",
    "error sending request from 10.0.0.7:51000 for https://api.acme.ai/v1 (104.18.3.115:443): connection reset",
    "invalid peer certificate: certificate not valid for name api.acme.ai",
    "getaddrinfo ENOTFOUND api.acme.ai",
    "connect ECONNREFUSED 104.18.3.115:443",
    "connect to [2606:4700::6812:373]:443 failed",
  ];
  for (const text of failures) {
    const shown = publicConnectionError(text, []);
    assert.doesNotMatch(shown, /acme|104\.18|10\.0|2606/, shown);
    assert.match(shown, /error|certificate|ENOTFOUND|ECONNREFUSED|failed/);
  }
});

Deno.test("plain text stays as it is, figures and model names included", () => {
  const plain = "429 Limit 8000, Requested 9050 for gpt-5.4-mini at 10.5 % (TPM): see plans/v1.2";
  assert.equal(publicMessage(plain, []), plain);
});

Deno.test("any message has at most 500 characters and no URL", () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.webUrl(), fc.string())), (parts) => {
    const shown = publicMessage(parts.join(" "), []);
    assert.ok(shown.length <= 501);
    assert.doesNotMatch(shown, /https?:\/\/[a-z]/i);
  }));
});
