import { equal, match, ok, rejects } from "node:assert/strict";
import { assertPortFree, PortTakenError } from "./assert_port_free.ts";

Deno.test("a port that an outgoing connection uses is reported with its process", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using outgoing = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  using _incoming = await listener.accept();
  const { port } = outgoing.localAddr as Deno.NetAddr;
  await rejects(assertPortFree(port, "gateway"), (error) => {
    ok(error instanceof PortTakenError);
    equal(error.port, port);
    match(error.holder ?? "", new RegExp(`^process ${Deno.pid} `));
    match(error.message, /--port-base/);
    return true;
  });
});
