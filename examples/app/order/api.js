// The calls of an order: files to Storage, the draft over REST, price and order by the function `checkout`.

import { parseJson, writeJson } from "../shared/json.js";
import { ApiError, openSession, read } from "../shared/session.js";

/** @import { Draft, OfferedModel, OrderImage, OwnReport, Quote } from "./order_data.ts" */

const BUCKET = "benchmark-images";
/** Seconds for which an image can be shown. */
const SHOWN_SECONDS = 3600;
const COLUMNS = "id, name, prompt, json_schema::text, upload_data::text, model_ids, priorities, " +
  "runs_per_model, strategy";

/** @param {{ apiUrl: string, publishableKey: string }} config */
export async function createApi(config) {
  const { data, current, ...session } = await openSession(config);
  const account = async () => (await current())?.user.id ?? "";
  const files = () => data.storage.from(BUCKET);
  /**
   * @param {string} path
   * @param {unknown} body
   */
  const post = async (path, body) => {
    const response = await fetch(`${config.apiUrl}/functions/v1/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        apikey: config.publishableKey,
        authorization: `Bearer ${(await current())?.access_token ?? config.publishableKey}`,
      },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new ApiError(answer);
    return answer;
  };
  return {
    ...session,

    /** @returns {Promise<OfferedModel[]>} models that can be ordered, by maker and name */
    async models() {
      return /** @type {any} */ (read(
        await data.from("models")
          .select("id, name, provider, tier, input_price, output_price, reasoning_efforts")
          .eq("orderable", true).order("provider").order("name"),
        "The models cannot be read",
      ));
    },

    /** @returns {Promise<OwnReport[]>} the latest first */
    async reports() {
      return /** @type {any} */ (read(
        await data.from("reports").select("id, status, created_at, share_token")
          .eq("owner_id", await account()).not("paid_at", "is", null)
          .order("created_at", { ascending: false }).limit(10),
        "Your reports cannot be read",
      ));
    },

    /**
     * Uploads an image. Storage takes PNG, JPEG and WebP up to 10 MB.
     *
     * @param {File} file
     * @returns {Promise<OrderImage>}
     */
    async upload(file) {
      const ending = /\.(\w{1,5})$/.exec(file.name)?.[1]?.toLowerCase() ?? "png";
      const path = `${await account()}/${crypto.randomUUID()}.${ending}`;
      const { error } = await files().upload(path, file, { contentType: file.type });
      if (error !== null) {
        throw new ApiError({
          title: `${file.name} was not uploaded`,
          detail: error.message,
          code: "storage.refused",
        });
      }
      return { path, name: file.name, expected: null, url: URL.createObjectURL(file) };
    },

    /**
     * Returns a draft with its images.
     *
     * @param {string} id
     * @returns {Promise<Draft>}
     */
    async loadDraft(id) {
      const row = /** @type {any} */ (read(
        await data.from("benchmark_drafts").select(COLUMNS).eq("id", id).single(),
        "The draft cannot be read",
      ));
      const { images } = parseJson(row.upload_data);
      const paths = images.map((/** @type {OrderImage} */ { path }) => path);
      const { data: signed } = await files().createSignedUrls(paths, SHOWN_SECONDS);
      return {
        ...row,
        json_schema: parseJson(row.json_schema),
        images: images.map((/** @type {OrderImage} */ image, /** @type {number} */ index) => ({
          ...image,
          name: image.name ?? image.path.split("/").at(-1),
          url: signed?.[index]?.signedUrl,
        })),
      };
    },

    /**
     * Saves the draft, and sets its id if it is new.
     *
     * @param {Draft} draft
     */
    async saveDraft(draft) {
      const { id, images, ...columns } = draft;
      const row = {
        ...columns,
        upload_data: {
          images: images.map(({ path, name, expected }) => ({ path, name, expected })),
        },
      };
      const drafts = data.from("benchmark_drafts");
      // The client's own writer does not know integers past 2^53.
      const content = JSON.parse(writeJson(row));
      const title = "The draft was not saved";
      if (id !== null) {
        return void read(await drafts.update(content).eq("id", id).select("id"), title);
      }
      const made = read(await drafts.insert(content).select("id").single(), title);
      draft.id = String(made.id);
    },

    /**
     * @param {string} draft
     * @returns {Promise<Quote>}
     */
    estimate: (draft) => post("checkout/estimate", { draft_id: draft, fit_images: true }),
    /**
     * @param {string} draft
     * @returns {Promise<{ report_id: string, checkout_url: string }>}
     */
    order: (draft) => post("checkout", { draft_id: draft, fit_images: true }),
  };
}

/** @typedef {Awaited<ReturnType<typeof createApi>>} Api */
