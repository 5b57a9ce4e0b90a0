import { z } from "zod";
import { invalid, notFound } from "../../_shared/platform/http/problem.ts";
import type { ReadPrompt } from "../../_shared/prompts/prompt_reader.ts";
import { promptTextSchema, type WhichVersion } from "../../_shared/prompts/prompt_text.ts";
import { READS_ONLY, type Tool } from "../tool.ts";

const input = z.strictObject({
  name: z.string().min(1).max(200),
  label: z.string().optional().describe("Such as production. Default: the newest version."),
  version: z.int().min(1).max(2 ** 31 - 1).optional().describe("Instead of a label."),
});

/** Creates the tool that reads one of the account's prompts. */
export function createGetPrompt(
  readPrompt: ReadPrompt,
): Tool<typeof input, typeof promptTextSchema> {
  return {
    name: "get_prompt",
    title: "Read a prompt",
    description:
      "Returns one version of one of the user's prompts, by the prompt's exact name. The relation prompts lists the names.",
    input,
    output: promptTextSchema,
    annotations: READS_ONLY,
    run: async ({ name, ...which }, { member }) => {
      const prompt = await readPrompt(member.accountId, name, chooseVersion(which));
      if (prompt === null) throw notFound("The prompt, label or version");
      return { output: prompt };
    },
  };
}

function chooseVersion(
  { label, version }: {
    readonly label?: string | undefined;
    readonly version?: number | undefined;
  },
): WhichVersion {
  if (label !== undefined && version !== undefined) {
    throw invalid([{
      path: "version",
      code: "unexpected",
      message: "Send either a label or a version.",
    }]);
  }
  if (label !== undefined) return { label };
  return version === undefined ? "newest" : { version };
}
