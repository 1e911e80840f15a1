// Shows the answer below the form. Without this script the browser goes to the answer's own address.
for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const filled = [...new FormData(form)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(filled).toString();
    const address = form.dataset.address + (query ? `?${query}` : "");
    const output = form.querySelector("output");
    output.hidden = false;
    output.textContent = `GET ${address} …`;
    try {
      const response = await fetch(address);
      const body = await response.json();
      output.textContent = `GET ${address}\n${response.status}\n\n${JSON.stringify(body, null, 2)}`;
    } catch (error) {
      output.textContent = `GET ${address}\nThe request failed: ${error.message}`;
    }
  });
}
