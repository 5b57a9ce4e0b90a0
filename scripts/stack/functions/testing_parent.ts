// Runs a function and prints its process id, for the test that kills this process.
import { startTestFunctions } from "./testing.ts";

const functions = await startTestFunctions({
  "child/index.ts": `Deno.serve(() => new Response(String(Deno.pid)));`,
});
console.log(await (await functions.call("/child")).text());
