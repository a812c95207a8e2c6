"""An epoch of training over one corpus: lexclf from start to saved folder, transformers its steps alone."""
import os
import tempfile
import time

from benchmarks.common import measured, write_jsonl

BATCH = 16


class LexclfTraining:
    ours = True

    def __init__(self, args, model, rows, dtype):
        self.name, self.how = f"lexclf {dtype}", "whole process"
        self.folder = tempfile.TemporaryDirectory()
        data = os.path.join(self.folder.name, "train.jsonl")
        write_jsonl(data, ({"text": row["text"], "label": row["label"]} for row in rows))
        self.command = [args.lexclf, "train", "--encoder", model, "--train", data, "--dev-fraction", "0"]
        self.command += ["--out", os.path.join(self.folder.name, "model"), "--overwrite", "--recipe", "classic"]
        self.command += ["--epochs", "1", "--batch-size", str(BATCH), "--max-length", str(args.max_length), "--quiet"]
        self.command += ["--dtype", dtype, "--device", "cpu", "--threads", str(args.threads)]

    def run(self):
        return measured(self.command)

    def close(self):
        self.folder.cleanup()


class TransformersTraining:
    ours = False

    def __init__(self, args, model, rows, tokenizer, at_best):
        import torch
        import transformers

        torch.set_num_threads(args.threads)
        self.name = "transformers " + ("bf16" if at_best else "fp32, padded")
        self.how = "sorted, padded to the longest" if at_best else f"padded to {args.max_length}"
        self.torch, self.args, self.at_best = torch, args, at_best
        ids = tokenizer([row["text"] for row in rows], truncation=True, max_length=args.max_length)["input_ids"]
        labels = sorted({row["label"] for row in rows})
        self.examples = [(i, labels.index(row["label"])) for i, row in zip(ids, rows)]
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(
            model, num_labels=len(labels), ignore_mismatched_sizes=True).train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=2e-5, weight_decay=0.01)
        self.step(self.examples[:BATCH])

    def step(self, batch):
        torch = self.torch
        longest = max(len(ids) for ids, _ in batch) if self.at_best else self.args.max_length
        ids, mask = torch.zeros(len(batch), longest, dtype=torch.long), torch.zeros(len(batch), longest)
        for row, (values, _) in enumerate(batch):
            ids[row, : len(values)] = torch.tensor(values)
            mask[row, : len(values)] = 1
        with torch.autocast("cpu", torch.bfloat16, enabled=self.at_best):
            loss = self.model(ids, attention_mask=mask, labels=torch.tensor([label for _, label in batch])).loss
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def run(self):
        examples = sorted(self.examples, key=lambda e: len(e[0])) if self.at_best else self.examples
        start, cpu = time.perf_counter(), time.process_time()
        for first in range(0, len(examples), BATCH):
            self.step(examples[first : first + BATCH])
        return time.perf_counter() - start, time.process_time() - cpu, None

    def close(self):
        pass


def peers_of(args, model, rows):
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    peers = [TransformersTraining(args, model, rows, tokenizer, at_best) for at_best in (False, True)]
    peers += [LexclfTraining(args, model, rows, dtype) for dtype in args.dtypes if dtype != "int8"]
    return peers, tokenizer
