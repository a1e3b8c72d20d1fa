// Applies the stored colour theme before the first paint. This is a classic script because modules load too late.
(() => {
  const STORAGE_KEY = "lodger-theme";
  const THEMES = ["system", "light", "dark"];

  // Storage is unavailable if the browser blocks cookies; the page then uses the theme of the system.
  function storedTheme() {
    try {
      const theme = localStorage.getItem(STORAGE_KEY);
      return THEMES.includes(theme) ? theme : "system";
    } catch {
      return "system";
    }
  }

  function storeTheme(theme) {
    try {
      localStorage.setItem(STORAGE_KEY, theme);
    } catch {
      // The theme lasts until the page closes.
    }
  }

  function applyTheme(theme) {
    document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) button.querySelector("span").textContent = theme;
  }

  function cycleTheme() {
    const current = document.documentElement.dataset.theme;
    const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length];
    storeTheme(next);
    applyTheme(next);
  }

  applyTheme(storedTheme());
  document.addEventListener("DOMContentLoaded", () => {
    applyTheme(storedTheme());
    document.getElementById("theme").addEventListener("click", cycleTheme);
  });
})();
