import { type BuildContext, type BuildFailure, type BuildOptions, type BuildResult, context, formatMessages } from "esbuild";

type InMemory = { write: false; metafile: true };

/**
 * Prepares a product for the loop: as the build makes it, but not minified. Answers what compiles it again and again, incrementally and in
 * memory, and throws an error with file, line and source text where a source is wrong; in colour on a terminal.
 */
export function createCompiler(options: BuildOptions, sourcemap: "inline" | "external"): () => Promise<BuildResult<InMemory>> {
  let prepared: Promise<BuildContext<InMemory>> | undefined;
  return async () => {
    prepared ??= context({ ...options, minify: false, sourcemap, write: false, metafile: true });
    try {
      return await (await prepared).rebuild();
    } catch (error) {
      const { errors } = error as Partial<BuildFailure>;
      if (!errors) throw error;
      const messages = await formatMessages([...errors], { kind: "error", color: process.stderr.isTTY });
      throw new Error(messages.join("\n").trim(), { cause: error });
    }
  };
}
