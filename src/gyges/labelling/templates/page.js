"use strict";
// Keys and buttons do the same. What is pressed is done one after the other, each only when the one before
// is on the disk; what was pressed for a page that is left is not carried over to the next.
(() => {
  const page = document.body.dataset;
  const questions = [...document.querySelectorAll(".question")];
  const state = document.getElementById("state");
  const help = document.getElementById("help");
  let at = Number(page.first);
  let leaving = false;
  let round = 0;
  let queue = Promise.resolve();

  const say = (text, alarm = false) => {
    state.textContent = text;
    state.classList.toggle("alarm", alarm);
  };

  const show = (place) => {
    questions[at].hidden = true;
    at = place;
    questions[at].hidden = false;
    questions[at].querySelector("h1").focus({ preventScroll: true });
    questions[at].closest("aside").scrollTop = 0;
  };

  const leave = (address) => {
    leaving = true;
    location.assign(address);
  };

  const leaveFor = (sheet, question) =>
    leave(`${page.root}/sheet/${sheet + 1}?as=${encodeURIComponent(page.labeller)}&q=${question}`);

  const send = async (what, content) => {
    const answer = await fetch(`${page.root}/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Gyges-Csrf": page.csrf },
      body: JSON.stringify({ as: page.labeller, ...content }),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.problem || `the page was answered with ${answer.status}`);
    document.getElementById("bar").value = said.answered;
    document.getElementById("answered").textContent = said.answered;
    return said;
  };

  const mark = (question, value) => {
    for (const button of questions[question].querySelectorAll(".answer"))
      button.setAttribute("aria-pressed", String(button.dataset.value === value));
  };

  const isOpen = (question) => !question.querySelector('[aria-pressed="true"]');

  const give = async (value) => {
    say("saving…");
    const said = await send("answer", { sheet: Number(page.sheet), question: at, value });
    mark(at, value);
    say("saved");
    const later = questions.findIndex((each, i) => i > at && isOpen(each));
    const open = later >= 0 ? later : questions.findIndex(isOpen);
    if (open >= 0) show(open);
    else leave(said.next || `${page.root}/?as=${encodeURIComponent(page.labeller)}`);
  };

  const undo = async () => {
    say("taking back…");
    const said = await send("undo", {});
    if (said.sheet === undefined) say("nothing to take back");
    else if (said.sheet !== Number(page.sheet)) leave(said.address);
    else {
      mark(said.question, said.value);
      show(said.question);
      say("taken back");
    }
  };

  const move = (step) => {
    const place = at + step, sheet = Number(page.sheet) + step;
    say("");
    if (place >= 0 && place < questions.length) show(place);
    else if (sheet >= 0 && sheet < Number(page.sheets)) leaveFor(sheet, step > 0 ? 1 : "last");
    else say(step > 0 ? "this is the last question" : "this is the first question");
  };

  const fold = () => {
    const all = [...document.querySelectorAll("main details")];
    const open = all.some((each) => !each.open);
    for (const each of all) each.open = open;
  };

  const press = async (key) => {
    if (key >= "0" && key <= "9") {
      const button = questions[at].querySelector(`.answer[data-digit="${key}"]`);
      if (button) await give(button.dataset.value);
    } else if (key === "n") move(1);
    else if (key === "p") move(-1);
    else if (key === "u") await undo();
  };

  // Where one is not saved, those pressed after it were meant for questions that have not come.
  const enqueue = (deed) => {
    const mine = round;
    queue = queue
      .then(() => leaving || mine !== round || deed())
      .catch((problem) => {
        round += 1;
        say(`not saved: ${problem.message}`, true);
      });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || help.open) return;
    const key = event.key;
    if (key === "?") help.showModal();
    else if (key === "o") fold();
    else if (key === "j" || key === "k") scrollBy(0, (key === "j" ? 0.6 : -0.6) * innerHeight);
    else if (/^[0-9npu]$/.test(key)) enqueue(() => press(key));
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.id === "help-button") help.showModal();
    else if (button.dataset.key) enqueue(() => press(button.dataset.key));
    else if (button.dataset.value) {
      const place = questions.indexOf(button.closest(".question"));
      enqueue(async () => {
        if (place !== at) show(place);
        await give(button.dataset.value);
      });
    }
  });

  // A page brought back from the browser's memory would show what was true when it was left.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  questions[at].querySelector("h1").focus({ preventScroll: true });
})();
