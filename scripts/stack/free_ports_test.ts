import assert from "node:assert/strict";
import { freePorts } from "./free_ports.ts";

Deno.test("freePorts() returns different ports, none of which is taken", () => {
  const [taken = 0] = freePorts(1);
  using _held = Deno.listen({ hostname: "127.0.0.1", port: taken });
  // Goes round the block twice, so that it passes the taken port.
  for (let round = 0; round < 50; round++) {
    const ports = freePorts(20);
    assert.equal(new Set(ports).size, 20);
    assert.ok(!ports.includes(taken));
  }
});

Deno.test("two programs get different ports at the same time", async () => {
  const script = `
    import { freePorts } from ${JSON.stringify(import.meta.resolve("./free_ports.ts"))};
    console.log(JSON.stringify(freePorts(100)));
    await Deno.stdin.readable.getReader().read();`;
  const programs = Array.from({ length: 4 }, () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", script],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    return { child, reader: child.stdout.pipeThrough(new TextDecoderStream()).getReader() };
  });
  const given = await Promise.all(programs.map(async ({ reader }) => {
    const { value = "" } = await reader.read();
    return JSON.parse(value) as number[];
  }));
  assert.equal(new Set(given.flat()).size, 400);
  for (const { child, reader } of programs) {
    await child.stdin.close();
    await reader.cancel();
    assert.ok((await child.status).success);
  }
});
