/** Groq, Cerebras, Google, Anthropic and Mistral, played by the simulated provider under `/<name>/v1`. */
import { z } from "zod";
import { behaviourSchema } from "../openrouter/behaviour.ts";
import { startOpenRouterService } from "../openrouter/server.ts";
import { runProcess } from "../run_process.ts";

const options = z.strictObject({
  apiKey: z.string().exactOptional(),
  behaviour: behaviourSchema.exactOptional(),
});

await runProcess("groq", options, startOpenRouterService);
