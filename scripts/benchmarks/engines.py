"""The peers' engines: a transformers folder opened by PyTorch, ONNX Runtime or OpenVINO, with one way to ask all.

With `latency` all threads work on one batch, where an engine has a setting for that. An engine takes batches (ids and mask, int64 arrays of one shape) and gives the index of the largest logit of each row.
ONNX Runtime gets its own graph optimizer's fused attention, and its dynamic quantization for int8; OpenVINO a stream a
thread with a queue of requests, and NNCF's quantization, calibrated with texts of the corpus, for int8.
"""
import contextlib
import hashlib
import os
import sys

import numpy


def open_model(folder, dtype="float32", **how):
    import torch
    import transformers

    return transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=getattr(torch, dtype), **how).eval()


class PyTorch:
    title, precisions, concurrent = "transformers", ("fp32", "bf16"), False

    def __init__(self, folder, precision, threads, _calibration, latency=False):
        import torch

        torch.set_num_threads(threads)
        self.torch = torch
        self.model = open_model(folder, "bfloat16" if precision == "bf16" else "float32")

    def answer(self, batches):
        with self.torch.inference_mode():
            for ids, mask in batches:
                ids, mask = self.torch.from_numpy(ids), self.torch.from_numpy(mask)
                yield self.model(ids, attention_mask=mask).logits.argmax(1).tolist()


def exported(folder):
    """The folder's model as an ONNX file, made once and kept by the weights' digest."""
    import torch

    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    target = os.path.join(cache, "lexclf", "bench", digest)
    path = os.path.join(target, "model.onnx")
    if os.path.exists(path):
        return path
    os.makedirs(target, exist_ok=True)

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = open_model(folder, attn_implementation="eager")

        def forward(self, ids, mask):
            return self.model(ids, attention_mask=mask).logits

    example = torch.randint(5, 100, (2, 32)), torch.ones(2, 32, dtype=torch.long)
    axes = {0: "rows", 1: "tokens"}
    torch.onnx.export(Logits().eval(), example, path + ".part", input_names=["ids", "mask"], opset_version=17, dynamo=False,
                      dynamic_axes={"ids": axes, "mask": axes})
    os.replace(path + ".part", path)
    return path


class OnnxRuntime:
    title, precisions, concurrent = "ONNX Runtime", ("fp32", "int8"), False

    def __init__(self, folder, precision, threads, _calibration, latency=False):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        path = self.prepared(folder, precision)
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    @staticmethod
    def prepared(folder, precision):
        """With attention, layer norm and GELU fused by ONNX Runtime's optimizer, and int8 linears where asked for."""
        import transformers

        source = exported(folder)
        fused, small = (os.path.join(os.path.dirname(source), name) for name in ("fused.onnx", "int8.onnx"))
        if not os.path.exists(fused):
            from onnxruntime.transformers import optimizer

            config = transformers.AutoConfig.from_pretrained(folder)
            graph = optimizer.optimize_model(source, model_type="bert", num_heads=config.num_attention_heads,
                                             hidden_size=config.hidden_size)
            graph.save_model_to_file(fused)
        if precision == "int8" and not os.path.exists(small):
            from onnxruntime.quantization import QuantType, quantize_dynamic

            quantize_dynamic(fused, small, weight_type=QuantType.QInt8, extra_options={"DefaultTensorType": 1})
        return small if precision == "int8" else fused

    def answer(self, batches):
        for ids, mask in batches:
            yield self.session.run(None, {"ids": ids, "mask": mask})[0].argmax(1).tolist()


class OpenVino:
    title, precisions, concurrent = "OpenVINO", ("fp32", "bf16", "int8"), True

    def __init__(self, folder, precision, threads, calibration, latency=False):
        import openvino

        self.openvino = openvino
        core = openvino.Core()
        net = core.read_model(exported(folder))
        if precision == "int8":
            import logging

            import nncf

            logging.getLogger("nncf").setLevel(logging.ERROR)
            named = nncf.Dataset(calibration, lambda batch: dict(zip(("ids", "mask"), batch)))
            with contextlib.redirect_stdout(sys.stderr):
                net = nncf.quantize(net, named, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(calibration))
        hints = {"INFERENCE_PRECISION_HINT": "f32" if precision == "fp32" else "bf16",
                 "NUM_STREAMS": 1 if latency else threads, "INFERENCE_NUM_THREADS": threads,
                 "PERFORMANCE_HINT": "LATENCY" if latency else "THROUGHPUT"}
        self.compiled = core.compile_model(net, "CPU", hints)
        self.request = self.compiled.create_infer_request() if latency else None
        self.n_requests = 2 * threads

    def answer(self, batches):
        if self.request:
            return (numpy.argmax(self.request.infer({0: ids, 1: mask})[0], 1).tolist() for ids, mask in batches)
        answers = {}
        queue = self.openvino.AsyncInferQueue(self.compiled, self.n_requests)
        queue.set_callback(lambda request, number: answers.__setitem__(
            number, numpy.argmax(request.get_output_tensor(0).data, 1).tolist()))
        for number, (ids, mask) in enumerate(batches):
            queue.start_async({0: ids, 1: mask}, number)
        queue.wait_all()
        return [answers[number] for number in range(len(answers))]


ENGINES = (PyTorch, OnnxRuntime, OpenVino)
