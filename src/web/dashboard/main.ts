import { h, render } from "preact";
import { createDashboard } from "./data/dashboard.ts";
import { App } from "./parts/app.tsx";
import { loadLanguage } from "./texts/text.ts";

/** From here on the page says that it loads. Numbers that come before are drawn sooner without that. */
const SAY_LOADING_MS = 500;

// The service is asked first; texts, numbers and dates get ready until it answers.
const dashboard = createDashboard();
await loadLanguage();
const draw = () => render(h(App, { dashboard }), document.body);
dashboard.subscribe(draw);
const isLoading = () => dashboard.state.phase === "loading";
if (isLoading()) setTimeout(() => isLoading() && draw(), SAY_LOADING_MS);
else draw();
