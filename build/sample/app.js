// A single-page application of the smallest kind: it changes the address by itself, as routers do. It knows nothing of the counting but
// the event, which it shows.

const SEASONS = {
  spring: { title: "Spring", text: "Lambs on the left bank, mud on the right.", km: 9 },
  summer: { title: "Summer", text: "The boats come through all day, and the lock keeper is brown.", km: 14 },
  autumn: { title: "Autumn", text: "The leaves go down the canal faster than the boats did.", km: 11 },
  winter: { title: "Winter", text: "Ice in the basin, tea in the flask, nobody for miles.", km: 5 },
};
const KM_PER_MILE = 1.609;

const byId = (id) => document.getElementById(id);

function render() {
  const season = SEASONS[location.pathname.split("/")[2]] ?? SEASONS.spring;
  const inMiles = new URLSearchParams(location.search).has("miles");
  const way = inMiles ? `${(season.km / KM_PER_MILE).toFixed(1)} miles` : `${season.km} km`;
  byId("title").textContent = season.title;
  byId("text").textContent = `${season.text} ${way} of it.`;
  byId("units").ariaPressed = String(inMiles);
  document.title = `${season.title}: The Towpath`;
  for (const link of document.querySelectorAll(".tabs a")) {
    link.ariaCurrent = link.pathname === location.pathname ? "page" : null;
  }
}

document.querySelector(".tabs").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  render();
});

// The same page in other units is no other page: it is not counted again.
byId("units").addEventListener("click", () => {
  const isMiles = new URLSearchParams(location.search).has("miles");
  history.replaceState(null, "", location.pathname + (isMiles ? "" : "?miles"));
  render();
});

addEventListener("popstate", render);
addEventListener("footfall", ({ detail }) => {
  byId("last").textContent = JSON.stringify(detail);
});
if (window.footfall) byId("last").textContent = JSON.stringify(window.footfall);
render();
