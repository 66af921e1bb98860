import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../build/root.ts";
import { requires } from "../support/skip.ts";
import { PATIENCE, RUNTIMES, type Stage, setStage } from "./embed-stage.ts";

const README = join(ROOT, "src", "web", "embed", "README.md");
/** Packages with a lockfile of their own: `npm ci --prefix test/clients`. */
const CLIENTS = join(ROOT, "test", "clients");
const HEAD = '<!doctype html><meta charset=utf-8><link rel=icon href="data:,">';
/** Hydration comes this long after the load, when the number is there. */
const HYDRATION_MS = 900;

const modules = createRequire(join(CLIENTS, "package.json"));
/** A package of the clients; what is read of it is named here, as this project has no types of it. */
const load = <Module>(name: string): Promise<Module> => import(pathToFileURL(modules.resolve(name)).href);

requires("chromium", "clients")("the README's snippets, in their frameworks", () => {
  let stage: Stage;
  let readme: string;
  let site: string;
  let folder: string;
  beforeAll(async () => {
    readme = await readFile(README, "utf8");
    stage = await setStage(RUNTIMES["the Node server"] as (typeof RUNTIMES)[string]);
    folder = await mkdtemp(join(tmpdir(), "footfall-"));
    await symlink(join(CLIENTS, "node_modules"), join(folder, "node_modules"));
  });
  afterEach(() => stage.clear());
  afterAll(async () => {
    await stage?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The code under a heading, for the service of this test. */
  function snippet(heading: string): string {
    const [, section = ""] = readme.split(`\n### ${heading}\n`);
    const [, code] = /```\w+\n([\s\S]*?)```/.exec(section.split("\n#")[0] ?? "") ?? [];
    if (!code) throw new Error(`README.md has no code under "${heading}".`);
    return code.replaceAll("https://YOUR-SERVICE", stage.api.url);
  }

  const tag = (attributes = "") => `<script ${attributes} src="${stage.api.url}/embed.js"></script>`;

  /** Bundles a program of this test with the snippet next to it, for Node (a module's path) or for browsers (text). */
  async function bundle(program: string, platform: "node" | "browser", plugins: Plugin[] = []): Promise<string> {
    const out = join(folder, `${platform}-${Math.random()}.mjs`);
    const entry = join(folder, "program.jsx");
    await writeFile(entry, program);
    await build({
      entryPoints: [entry],
      outfile: out,
      bundle: true,
      platform,
      format: platform === "node" ? "esm" : "iife",
      jsx: "automatic",
      define: {
        "process.env.NODE_ENV": '"development"',
        __VUE_OPTIONS_API__: "true",
        __VUE_PROD_DEVTOOLS__: "false",
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "true",
      },
      conditions: platform === "browser" ? ["browser", "development"] : ["node", "development"],
      banner:
        platform === "node" ? { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' } : {},
      nodePaths: [join(CLIENTS, "node_modules")],
      logLevel: "silent",
      plugins,
    });
    return platform === "node" ? pathToFileURL(out).href : readFile(out, "utf8");
  }

  const render = async (program: string, plugins?: Plugin[]) => (await import(await bundle(program, "node", plugins))).html as string;

  async function open(pages: Record<string, string>, path = "/") {
    site = stage.newSite();
    for (const [name, body] of Object.entries(pages)) stage.pages.set(name, body);
    const opened = await stage.open();
    await opened.page.goto(stage.at(site, path));
    return opened;
  }

  const numberIs = (page: Page, number: string) =>
    page.waitForFunction(`document.querySelector("[data-visits]")?.textContent === ${JSON.stringify(number)}`);
  const counted = (...pages: string[]) =>
    expect.poll(() => stage.counts(site).map(({ body }) => JSON.parse(body).page), PATIENCE).toEqual(pages);

  describe("React", () => {
    test("hydrates a page whose number is there already, and the number comes back", async () => {
      await writeFile(join(folder, "snippet.jsx"), snippet("React"));
      const app = `import { Counter, Visits } from "./snippet.jsx"; import { useState } from "react";
        export const App = () => { const [route, go] = useState("/");
          return <main><Counter /><button onClick={() => { history.pushState({}, "", "/next"); go("/next"); }}>Next</button>
            <p key={route}>{route} <Visits /></p></main>; };`;
      const html = await render(`${app} import { renderToString } from "react-dom/server"; export const html = renderToString(<App />);`);
      const client = await bundle(
        `${app} import { hydrateRoot } from "react-dom/client";
         setTimeout(() => { hydrateRoot(document.querySelector("#root"), <App />); window.hydrated = true; }, ${HYDRATION_MS});`,
        "browser",
      );
      const { page, complaints } = await open({
        "/": `${HEAD}<div id=root>${html}</div><script src="/client.js"></script>`,
        "/client.js": client,
      });
      await numberIs(page, "1");
      await page.waitForFunction("window.hydrated");
      await sleep(300);
      await numberIs(page, "1");
      await page.getByRole("button").click();
      await page.getByText("/next").waitFor();
      await numberIs(page, "1");
      await counted("/", "/next");
      expect(complaints).toEqual([]);
    });
  });

  test("Vue hydrates a page whose number is there already, and a component that waits gets its number", async () => {
    const { parse, compileTemplate } = await load<{
      parse(source: string): { descriptor: { template: { content: string } } };
      compileTemplate(options: object): { code: string };
    }>("vue/compiler-sfc");
    const { template } = parse(snippet("Vue")).descriptor;
    const compiled = (ssr: boolean) =>
      compileTemplate({ source: template.content, filename: "snippet.vue", id: "snippet", ssr, ssrCssVars: [] }).code;
    const app = (ssr: boolean) => `${compiled(ssr)}
      const Snippet = ${ssr ? "{ ssrRender }" : "{ render }"};
      import { createSSRApp, defineAsyncComponent, h, ref, Suspense } from "vue";
      const route = ref("/");
      const Late = defineAsyncComponent(() => new Promise((resolve) => setTimeout(resolve, 200, Snippet)));
      const app = createSSRApp({ render: () => h("main", route.value === "/" ? h(Snippet) : h(Suspense, null, { default: () => h(Late), fallback: () => "…" })) });`;
    const html = await render(
      `${app(true)} import { renderToString } from "vue/server-renderer"; export const html = await renderToString(app);`,
    );
    const client = await bundle(
      `${app(false)} setTimeout(() => { app.mount("#root"); window.go = () => { history.pushState({}, "", "/next"); route.value = "/next"; }; }, ${HYDRATION_MS});`,
      "browser",
    );
    const { page, complaints } = await open({
      "/": `${HEAD}${tag("async")}<div id=root>${html}</div><script src="/client.js"></script>`,
      "/client.js": client,
    });
    await numberIs(page, "1");
    await page.waitForFunction("window.go");
    await sleep(300);
    await numberIs(page, "1");
    await page.evaluate("go()");
    await page.getByRole("main").getByText("Visited 1 times").waitFor();
    await counted("/", "/next");
    expect(complaints).toEqual([]);
  });

  test("Svelte hydrates a page whose number is there already", async () => {
    const { compile } = await load<{ compile(source: string, options: object): { js: { code: string } } }>("svelte/compiler");
    await writeFile(join(folder, "snippet.svelte"), snippet("Svelte"));
    const svelte = (generate: "client" | "server"): Plugin => ({
      name: "svelte",
      setup({ onLoad }) {
        onLoad({ filter: /\.svelte$/ }, async ({ path }) => ({
          contents: compile(await readFile(path, "utf8"), { generate, filename: path, dev: true }).js.code,
          loader: "js",
        }));
      },
    });
    const html = await render(
      `import Snippet from "./snippet.svelte"; import { render } from "svelte/server"; export const html = render(Snippet).body;`,
      [svelte("server")],
    );
    const client = await bundle(
      `import Snippet from "./snippet.svelte"; import { hydrate, mount } from "svelte";
       setTimeout(() => { hydrate(Snippet, { target: document.querySelector("#root") }); window.hydrated = true; }, ${HYDRATION_MS});
       window.go = () => { document.querySelector("#root").innerHTML = ""; history.pushState({}, "", "/next"); mount(Snippet, { target: document.querySelector("#root") }); };`,
      "browser",
      [svelte("client")],
    );
    const { page, complaints } = await open({
      "/": `${HEAD}${tag("async")}<div id=root>${html}</div><script src="/client.js"></script>`,
      "/client.js": client,
    });
    await numberIs(page, "1");
    await page.waitForFunction("window.hydrated");
    await sleep(300);
    await numberIs(page, "1");
    await page.evaluate("go()");
    await numberIs(page, "1");
    await counted("/", "/next");
    expect(complaints).toEqual([]);
  });

  test("Astro's own build counts each page, with its router too", async () => {
    const root = join(folder, "site");
    const write = async (path: string, text: string) => {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), text);
    };
    const routed = snippet("Astro").replace("</head>", "<ClientRouter /></head>");
    await write("src/layouts/Layout.astro", `---\nimport { ClientRouter } from "astro:transitions";\n---\n${routed}`);
    const page = (link: string) => `---\nimport Layout from "../layouts/Layout.astro";\n---\n<Layout><a href="${link}">On</a></Layout>`;
    await write("src/pages/index.astro", page("/next/"));
    await write("src/pages/next.astro", page("/"));
    await symlink(join(CLIENTS, "node_modules"), join(root, "node_modules"));
    await write("astro.config.mjs", "export default { vite: { resolve: { preserveSymlinks: true } } };");
    const cli = join(CLIENTS, "node_modules", "astro", "bin", "astro.mjs");
    await promisify(execFile)(process.execPath, [cli, "build"], {
      cwd: root,
      env: { PATH: process.env["PATH"], ASTRO_TELEMETRY_DISABLED: "1" },
    });
    const out = join(root, "dist");
    const files: Record<string, string> = {};
    for (const name of await readdir(out, { recursive: true })) {
      if (/\.(html|js)$/.test(name)) files[`/${name}`.replace(/index\.html$/, "")] = await readFile(join(out, name), "utf8");
    }
    const { page: opened, complaints } = await open(files);
    await numberIs(opened, "1");
    await opened.evaluate("document.mark = true");
    await opened.getByRole("link").click();
    await opened.waitForURL("**/next/");
    await numberIs(opened, "1");
    await opened.getByRole("link").click();
    await numberIs(opened, "2");
    expect(await opened.evaluate("document.mark")).toBe(true);
    await counted("/", "/next/", "/");
    expect(complaints.filter((line) => !/status of 404/.test(line))).toEqual([]);
  });

  const LIBRARIES = {
    Turbo: { file: "@hotwired/turbo/dist/turbo.es2017-umd.js", start: "", link: "" },
    htmx: { file: "htmx.org/dist/htmx.js", start: "", link: 'hx-boost="true"' },
    swup: { file: "swup/dist/Swup.umd.js", start: '<script>addEventListener("DOMContentLoaded", () => new Swup())</script>', link: "" },
  };

  describe.each(Object.entries(LIBRARIES))("%s", (_, { file, start, link }) => {
    const at = (head: string, body: string, next: string) =>
      `${HEAD}<script src="/library.js"></script><style>.transition-fade { transition: opacity .2s } html.is-animating .transition-fade { opacity: 0 }</style>${head}${start}
       <body><main id="swup" class="transition-fade"><a ${link} href="${next}">${next}</a><p data-visits></p>${body}</main></body>`;
    const library = () => readFile(join(CLIENTS, "node_modules", file), "utf8");

    test("with the tag in the head", async () => {
      const head = tag("async");
      const { page, complaints } = await open({ "/": at(head, "", "/next"), "/next": at(head, "", "/"), "/library.js": await library() });
      await numberIs(page, "1");
      await page.evaluate("document.mark = true");
      await page.getByRole("link", { name: "/next" }).click();
      await page.getByRole("link", { name: "/", exact: true }).waitFor();
      await numberIs(page, "1");
      await page.getByRole("link", { name: "/", exact: true }).click();
      await page.getByRole("link", { name: "/next" }).waitFor();
      await numberIs(page, "2");
      await sleep(300);
      await counted("/", "/next", "/");
      expect(await page.evaluate("document.mark")).toBe(true);
      expect(complaints).toEqual([]);
    });

    test("with a tag in the body that names its page", async () => {
      const named = (page: string) => snippet("Turbo, htmx, swup").replace("/path", page);
      const { page, complaints } = await open({
        "/": at("", named("/one"), "/next"),
        "/next": at("", named("/two"), "/"),
        "/library.js": await library(),
      });
      await numberIs(page, "1");
      await page.getByRole("link", { name: "/next" }).click();
      await page.getByRole("link", { name: "/", exact: true }).waitFor();
      await counted("/one", "/two");
      await numberIs(page, "1");
      await page.getByRole("link", { name: "/", exact: true }).click();
      await counted("/one", "/two", "/one");
      await numberIs(page, "2");
      expect(complaints.filter((line) => !/body/.test(line))).toEqual([]);
    });
  });

  test.each(["Hugo", "Jekyll"])("%s: a list of posts", async (generator) => {
    const item = (path: string) => snippet(generator).replaceAll(/\{\{ (?:\.RelPermalink|post\.url) \}\}/g, path);
    const { page } = await open({ "/": `${HEAD}${tag("async")}<p data-visits></p>${item("/a/")}${item("/b/")}` });
    await page.waitForFunction(`[...document.querySelectorAll("[data-visits-of]")].map((one) => one.textContent).join() === "0,0"`);
    await counted("/");
  });
});
