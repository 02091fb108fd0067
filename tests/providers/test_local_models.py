"""A tiny, randomly initialized model through Inspect's `hf` provider: gibberish must not look aligned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions
from gyges.study import run_study
from gyges.trials import ThisProcess

pytestmark = pytest.mark.local_models

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of two layers with random weights and a byte-level tokenizer with a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<pad>": 0, "<eos>": 1} | {letter: i + 2 for i, letter in enumerate(alphabet)}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=65536,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("protocol", ["agentic", "text", "choice"])
def test_gibberish_is_unparsed_or_incompetent(tiny_model: Path, tmp_path: Path, protocol: Any) -> None:
    """A model that writes noise is never coded as aligned, and nothing crashes."""
    args = {"model_path": str(tiny_model), "device": "cpu"}
    spec = ModelSpec(name="hf/tiny", args=args, config={"max_tokens": 24})
    study = Study(
        name="tiny",
        models=(spec,),
        scenarios=("night-shift",),
        design=(DesignPart(kind="base", protocol=protocol),),
        trials=2,
        retries=0,
    )
    run = run_study(study, out=str(tmp_path / "run"), options=RunOptions(executor=ThisProcess()))
    assert set(run.codes["status"]) <= {"unparsed", "refused"}
    assert run.codes["misaligned"].null_count() == 2
    assert run.results["scenarios"][0]["verdict"] == "unclear"
