import { fileURLToPath } from "node:url";
// Importing each manifest puts the package into the module graph, so that Deno downloads it and
// `import.meta.resolve` answers with a file.
import "@expo-google-fonts/caveat/package.json" with { type: "json" };
import "@expo-google-fonts/courier-prime/package.json" with { type: "json" };
import "@expo-google-fonts/crimson-text/package.json" with { type: "json" };
import "@expo-google-fonts/cutive-mono/package.json" with { type: "json" };
import "@expo-google-fonts/inconsolata/package.json" with { type: "json" };
import "@expo-google-fonts/lato/package.json" with { type: "json" };
import "@expo-google-fonts/share-tech-mono/package.json" with { type: "json" };
import "@expo-google-fonts/vt323/package.json" with { type: "json" };

/** The families the receipts are set in, by the name the font file itself carries. */
export type FontFamily =
  | "Caveat"
  | "Courier Prime"
  | "Crimson Text"
  | "Cutive Mono"
  | "Inconsolata"
  | "Lato"
  | "Share Tech Mono"
  | "VT323";

/** Paths of all font files, for resvg's `fontFiles`: system fonts are never used. */
export const fontFiles: string[] = [
  import.meta.resolve("@expo-google-fonts/caveat/500Medium/Caveat_500Medium.ttf"),
  import.meta.resolve("@expo-google-fonts/caveat/700Bold/Caveat_700Bold.ttf"),
  import.meta.resolve("@expo-google-fonts/courier-prime/400Regular/CourierPrime_400Regular.ttf"),
  import.meta.resolve("@expo-google-fonts/courier-prime/700Bold/CourierPrime_700Bold.ttf"),
  import.meta.resolve("@expo-google-fonts/crimson-text/400Regular/CrimsonText_400Regular.ttf"),
  import.meta.resolve("@expo-google-fonts/crimson-text/700Bold/CrimsonText_700Bold.ttf"),
  import.meta.resolve("@expo-google-fonts/cutive-mono/400Regular/CutiveMono_400Regular.ttf"),
  import.meta.resolve("@expo-google-fonts/inconsolata/400Regular/Inconsolata_400Regular.ttf"),
  import.meta.resolve("@expo-google-fonts/inconsolata/700Bold/Inconsolata_700Bold.ttf"),
  import.meta.resolve("@expo-google-fonts/lato/400Regular/Lato_400Regular.ttf"),
  import.meta.resolve("@expo-google-fonts/lato/700Bold/Lato_700Bold.ttf"),
  import.meta.resolve("@expo-google-fonts/share-tech-mono/400Regular/ShareTechMono_400Regular.ttf"),
  import.meta.resolve("@expo-google-fonts/vt323/400Regular/VT323_400Regular.ttf"),
].map((url) => fileURLToPath(url));
