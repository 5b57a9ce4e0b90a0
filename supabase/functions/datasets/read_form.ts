import { decodeField, make, type PartInfo } from "multipasta";
import { invalid, malformed, type Problem } from "../_shared/platform/http/problem.ts";

/** A form whose file has not been read yet. */
export interface UploadForm {
  /** The fields before the file. */
  readonly fields: Readonly<Record<string, string>>;
  readonly file: {
    /** Empty if the form gives none. */
    readonly name: string;
    readonly contentType: string;
    /** Fails with a problem if the file is not the last part of the form. */
    readonly body: ReadableStream<Uint8Array>;
  };
}

const MAX_FIELD_BYTES = 4_096;
const MAX_PARTS = 20;

/**
 * Reads a form up to its part `file`, which becomes a stream. All fields must come before the file,
 * because they are needed before it is read.
 *
 * @throws {Problem} `request.malformed`; `request.invalid` if there is no file.
 */
export async function readForm(
  body: ReadableStream<Uint8Array> | null,
  contentType: string,
): Promise<UploadForm> {
  const fields: Record<string, string> = {};
  const chunks: Uint8Array[] = [];
  let file: PartInfo | undefined;
  let problem: Problem | undefined;
  let isDone = false;
  const parser = make({
    headers: { "content-type": contentType },
    isFile: ({ name }) => name === "file",
    maxParts: MAX_PARTS,
    maxFieldSize: MAX_FIELD_BYTES,
    onField(info, value) {
      if (file !== undefined) problem ??= misplaced(info.name);
      fields[info.name] = decodeField(info, value);
    },
    onFile(info) {
      if (file !== undefined) problem ??= misplaced(info.name);
      file = info;
      return (chunk) => {
        if (chunk !== null) chunks.push(chunk);
      };
    },
    onError: (error) => {
      problem ??= malformed(`The form could not be read: ${error._tag}.`);
    },
    onDone() {},
  });
  const reader = (body ?? new Blob([]).stream()).getReader();
  const advance = async () => {
    const { done, value } = await reader.read();
    if (done) parser.end();
    else parser.write(value);
    isDone = done;
    if (problem === undefined) return;
    await reader.cancel().catch(() => {});
    throw problem;
  };

  while (file === undefined && !isDone) await advance();
  if (file === undefined) {
    throw invalid([{ path: "file", code: "required", message: "The form has no file." }]);
  }
  return {
    fields,
    file: {
      name: file.filename ?? "",
      contentType: file.contentType,
      body: new ReadableStream({
        async pull(controller) {
          while (chunks.length === 0 && !isDone) await advance();
          for (const chunk of chunks.splice(0)) controller.enqueue(chunk);
          if (isDone) controller.close();
        },
        cancel: (reason) => reader.cancel(reason),
      }, { highWaterMark: 0 }),
    },
  };
}

function misplaced(path: string): Problem {
  return invalid([{ path, code: "misplaced", message: "The file must be the form's last part." }]);
}
