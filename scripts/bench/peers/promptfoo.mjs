// Runs under Node: the peer as its documentation has it used from code, results written, nothing cached.
import promptfoo from "promptfoo";
import { serve } from "./serve.mjs";

const [baseUrl] = process.argv.slice(2);

serve({
  async evaluate({ body, models, cases, concurrency }) {
    const before = process.cpuUsage();
    const evaluation = await promptfoo.evaluate({
      prompts: [body],
      providers: models.map((model) => ({
        id: `openai:chat:${model}`,
        config: { apiBaseUrl: baseUrl, apiKey: "bench", temperature: 0, max_tokens: 64 },
      })),
      tests: cases.map((vars) => ({
        vars,
        assert: [{ type: "equals", value: vars.expected }],
      })),
      writeLatestResults: true,
    }, { maxConcurrency: concurrency, cache: false, showProgressBar: false });
    const { stats } = await evaluation.toEvaluateSummary();
    const { user, system } = process.cpuUsage(before);
    return { jobs: stats.successes, cpuMs: (user + system) / 1000 };
  },
  stop() {},
});
