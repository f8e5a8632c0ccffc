// The slider and the choice act in the browser alone: nothing is asked of the server.
export default function ({ data: bytes, parentElement }) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const part = (name) => parentElement.querySelector(`[data-part=${name}]`);
  const whose = part("whose"), strength = part("strength"), names = data.layers.map((l) => l.name);
  const shown = [...whose.options].map((o) => o.value);
  if (names.join("\n") !== shown.join("\n"))
    whose.replaceChildren(...names.map((name) => new Option(name, name)));
  part("choice").hidden = names.length < 2;
  part("photo").alt = data.alt;
  const draw = () => {
    const layer = data.layers[Math.max(whose.selectedIndex, 0)];
    if (part("photo").src !== layer.photo) part("photo").src = layer.photo;
    if (part("veil").src !== layer.veil) part("veil").src = layer.veil;
    part("veil").style.opacity = strength.value / 100;
    part("said").textContent = `${strength.value} %`;
  };
  whose.onchange = strength.oninput = draw;
  draw();
}
