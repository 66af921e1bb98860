import { type BuildContext, type BuildFailure, type BuildOptions, type BuildResult, context, formatMessages } from "esbuild";

type InMemory = { write: false; metafile: true };

/** Compiles one product again and again, incrementally and in memory. */
export interface Compiler {
  /** Throws an error with file, line and source text where a source is wrong; in colour on a terminal. */
  compile(): Promise<BuildResult<InMemory>>;
}

/** Prepares a product for the loop: as the build makes it, but not minified. */
export function createCompiler(options: BuildOptions, sourcemap: "inline" | "external"): Compiler {
  let prepared: Promise<BuildContext<InMemory>> | undefined;
  return {
    async compile() {
      prepared ??= context({ ...options, minify: false, sourcemap, write: false, metafile: true });
      try {
        return await (await prepared).rebuild();
      } catch (error) {
        const { errors } = error as Partial<BuildFailure>;
        if (!errors) throw error;
        const messages = await formatMessages([...errors], { kind: "error", color: process.stderr.isTTY });
        throw new Error(messages.join("\n").trim(), { cause: error });
      }
    },
  };
}
