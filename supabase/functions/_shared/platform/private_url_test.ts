import assert from "node:assert/strict";
import { isPrivateUrl } from "./private_url.ts";

Deno.test("addresses and names of this machine and its network are private", () => {
  for (
    const host of [
      "localhost",
      "127.0.0.1",
      "127.1",
      "[::1]",
      "[::ffff:10.0.0.1]",
      "[fd12::1]",
      "[fe80::1]",
      "10.1.2.3",
      "172.16.0.1",
      "172.31.255.1",
      "192.168.1.1",
      "169.254.1.1",
      "0.0.0.0",
      "kong",
      "host.docker.internal",
      "mac.local",
      "kong.default.svc",
    ]
  ) assert.equal(isPrivateUrl(`http://${host}:54321/x`), true, host);
});

Deno.test("what the internet can reach is not", () => {
  for (
    const host of [
      "abcdef.supabase.co",
      "openrouter.ai",
      "172.32.0.1",
      "192.169.0.1",
      "8.8.8.8",
      "[2606:4700::1111]",
      "[::ffff:8.8.8.8]",
      "localhost.example.com",
      "10.example.com",
    ]
  ) assert.equal(isPrivateUrl(`https://${host}/v1`), false, host);
});
