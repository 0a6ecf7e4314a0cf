"""Tokens a second of a published size with random weights in `transformers`, beside `model/examples/speed.rs`.

    pip install torch transformers
    python generate.py [--size 2B] [--device cuda] [--dtype bfloat16] [--group 8] [--tokens 64] [--rounds 3]

The same prompt (a clip of 48 frames of 256 x 256 and 400 words), the same group of sampled answers that never end early.
One JSON line.
"""

import argparse
import json
import time

import torch
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

# hidden, MLP, layers, query heads, tied; tower: width, MLP, depth, taps
SIZES = {
    "2B": (2048, 6144, 28, 16, True, (1024, 4096, 24, [5, 11, 17])),
    "4B": (2560, 9728, 36, 32, True, (1024, 4096, 24, [5, 11, 17])),
    "8B": (4096, 12288, 36, 32, False, (1152, 4304, 27, [8, 16, 24])),
    "32B": (5120, 25600, 64, 64, False, (1152, 4304, 27, [8, 16, 24])),
}
VIDEO, START, END = 151656, 151652, 151653


def config(size):
    hidden, inner, layers, heads, tied, (width, mlp, depth, taps) = SIZES[size]
    rope = {"rope_type": "default", "mrope_section": [24, 20, 20], "mrope_interleaved": True}
    text = {
        "vocab_size": 151936, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
        "num_attention_heads": heads, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 262144,
        "rope_theta": 5000000, "rope_scaling": rope, "rope_parameters": {**rope, "rope_theta": 5000000.0},
        "tie_word_embeddings": tied,
    }
    vision = {
        "hidden_size": width, "intermediate_size": mlp, "depth": depth, "num_heads": 16, "out_hidden_size": hidden,
        "patch_size": 16, "num_position_embeddings": 2304, "deepstack_visual_indexes": taps,
    }
    return Qwen3VLConfig(
        text_config=text, vision_config=vision, tie_word_embeddings=tied, video_token_id=VIDEO, image_token_id=151655,
        vision_start_token_id=START, vision_end_token_id=END,
    )


def inputs(args):
    rows = args.side // 32 * 2
    grid = [(args.frames + 1) // 2, rows, rows]
    ids = []
    for _ in range(grid[0]):
        ids += [27, 15, 13, 20, 6486, 29, START] + [VIDEO] * (rows * rows // 4) + [END]
    ids += list(range(1000, 1000 + args.words))
    values = torch.arange(grid[0] * rows * rows * 1536) % 255
    kinds = [2 if i == VIDEO else 0 for i in ids]
    return {
        "input_ids": torch.tensor([ids], device=args.device),
        "attention_mask": torch.ones(1, len(ids), dtype=torch.long, device=args.device),
        "mm_token_type_ids": torch.tensor([kinds], device=args.device),
        "pixel_values_videos": (values / 127.5 - 1).reshape(-1, 1536).to(args.device, getattr(torch, args.dtype)),
        "video_grid_thw": torch.tensor([grid], device=args.device),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--size", default="2B", choices=SIZES)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="bfloat16")
    for name, value in (("frames", 48), ("side", 256), ("words", 400), ("group", 8), ("tokens", 64), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    torch.manual_seed(0)
    with torch.device(args.device):
        torch.set_default_dtype(getattr(torch, args.dtype))
        model = Qwen3VLForConditionalGeneration(config(args.size)).eval()
    given = inputs(args)
    wait = torch.cuda.synchronize if args.device.startswith("cuda") else lambda: None
    best = {"read": float("inf"), "write": float("inf")}
    with torch.inference_mode():
        for _ in range(args.rounds):
            times = []
            for tokens in (1, args.tokens):
                wait()
                begun = time.perf_counter()
                model.generate(
                    **given, do_sample=True, temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=tokens,
                    min_new_tokens=tokens, num_return_sequences=args.group if tokens > 1 else 1, use_cache=True,
                )
                wait()
                times.append(time.perf_counter() - begun)
            best["read"] = min(best["read"], times[0])
            best["write"] = min(best["write"], times[1] - times[0])
    peak = torch.cuda.max_memory_allocated() if args.device.startswith("cuda") else None
    count = given["input_ids"].shape[1]
    print(json.dumps({
        "size": args.size, "device": args.device, "dtype": args.dtype, "prompt_tokens": count,
        "encode_and_prefill_seconds": round(best["read"], 4), "prefill_tokens_per_second": round(count / best["read"]),
        "decode_tokens_per_second": round(args.group * args.tokens / best["write"], 1), "peak_bytes": peak,
    }))


if __name__ == "__main__":
    main()
