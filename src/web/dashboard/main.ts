import { h, render } from "preact";
import { createDashboard } from "./data/dashboard.ts";
import { App } from "./parts/app.tsx";
import { loadLanguage } from "./texts/text.ts";

// The service is asked while the texts are on their way.
const dashboard = createDashboard();
await loadLanguage();
const draw = () => render(h(App, { dashboard }), document.body);
dashboard.subscribe(draw);
draw();
