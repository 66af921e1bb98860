import { h, render } from "preact";
import { createDashboard } from "./data/dashboard.ts";
import { App } from "./parts/app.tsx";
import { loadLanguage } from "./texts/text.ts";

const dashboard = createDashboard();
await loadLanguage();
render(h(App, { dashboard }), document.body);
