import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findProgram, freePort, start, waitForPort } from "../../build/process.ts";
import { ROOT } from "../../build/root.ts";

/** A browser that is not Chromium, with one page. */
export interface Engine {
  goto(url: string): Promise<void>;
  /** What an expression is in the page. */
  evaluate<Value>(expression: string): Promise<Value>;
  stop(): Promise<void>;
}

/** How long a browser may take to start on a loaded machine. */
const START_MS = 60_000;

/** The one path in which Debian keeps WebKitGTK's test browser, by architecture. */
const MINI_BROWSER = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;

const modules = createRequire(join(ROOT, "test", "clients", "package.json"));
const load = <Module>(name: string): Promise<Module> => import(pathToFileURL(modules.resolve(name)).href);

interface Puppeteer {
  launch(options: object): Promise<{ newPage(): Promise<Engine & { goto(url: string): Promise<unknown> }>; close(): Promise<void> }>;
}

/** Firefox over WebDriver BiDi. */
export async function startFirefox(): Promise<Engine> {
  const { launch } = await load<Puppeteer>("puppeteer-core");
  const executablePath = findProgram("firefox-esr");
  const browser = await launch({ browser: "firefox", executablePath, headless: true, timeout: START_MS });
  const page = await browser.newPage();
  return {
    goto: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate(expression),
    stop: () => browser.close(),
  };
}

interface Selenium {
  Builder: new () => Builder;
}
interface Builder {
  usingServer(url: string): Builder;
  withCapabilities(capabilities: object): Builder;
  build(): Promise<{ get(url: string): Promise<void>; executeScript<Value>(script: string): Promise<Value>; quit(): Promise<void> }>;
}

/** WebKitGTK's MiniBrowser over WebDriver, on a screen that is none. */
export async function startWebKit(): Promise<Engine> {
  const home = await mkdtemp(join(tmpdir(), "footfall-"));
  const display = `:${90 + (process.pid % 900)}`;
  const screen = start("Xvfb", [display, "-screen", "0", "1024x768x24", "-nolisten", "tcp"]);
  const port = await freePort();
  const env = { ...process.env, DISPLAY: display, HOME: home, XDG_RUNTIME_DIR: home, LANG: "C.UTF-8", NO_AT_BRIDGE: "1" };
  const driver = start("WebKitWebDriver", [`--port=${port}`], { env });
  const end = async () => {
    await driver.stop();
    await screen.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await waitForPort(port, driver, START_MS);
    const { Builder } = await load<Selenium>("selenium-webdriver");
    const session = await new Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities({ browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary: MINI_BROWSER, args: ["--automation"] } })
      .build();
    return {
      goto: (url) => session.get(url),
      evaluate: (expression) => session.executeScript(`return ${expression}`),
      async stop() {
        await session.quit().catch(() => {});
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
