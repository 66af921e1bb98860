import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
app.get("/", (c) => c.text("ok"));
app.post("/v1/visits", async (c) => {
  const { page } = await c.req.json<{ page: string }>();
  return c.json({ site: "default", page, visits: 1, siteVisits: 1, counted: true });
});
serve({ fetch: app.fetch, port: Number(process.env["PORT"]) });
