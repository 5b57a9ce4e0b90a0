// Runs a function and prints the number of its process, for the test that kills this one.
import { startTestFunctions } from "./testing.ts";

const functions = await startTestFunctions({
  "child/index.ts": `Deno.serve(() => new Response(String(Deno.pid)));`,
});
console.log(await (await functions.call("/child")).text());
