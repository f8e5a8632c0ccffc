"""Graphs run in batches of one shape; what cannot be run says so in a line."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mel.errors import MelError
from mel.graphs import native_precision, need, opened

onnx = pytest.importorskip("onnx")
pytest.importorskip("openvino")


def doubling() -> bytes:
    """A graph that adds its metadata to itself."""
    value, wide = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    made = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["metadata", "metadata"], ["logit"])],
        "doubling",
        [value("metadata", wide, [None, 2])],
        [value("logit", wide, [None, 2])],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(made, opset_imports=opset, ir_version=8)
    return bytes(model.SerializeToString())


def test_as_many_rows_come_back_as_went_in_up_to_a_batch() -> None:
    run = opened(doubling(), batch=4)
    for count in range(1, 5):
        rows = np.arange(2.0 * count, dtype=np.float32).reshape(count, 2)
        assert np.array_equal(run({"metadata": rows})["logit"], 2 * rows)
    with pytest.raises(MelError, match="5 rows for a graph that was opened for 4"):
        run({"metadata": np.zeros((5, 2), np.float32)})


def test_an_answer_stays_as_it_was_when_the_next_is_made() -> None:
    run = opened(doubling(), batch=2)
    first = run({"metadata": np.ones((2, 2), np.float32)})["logit"]
    run({"metadata": np.full((2, 2), 9, np.float32)})
    assert (first == 2).all()


def test_an_input_that_is_not_given_is_not_taken_for_zeros() -> None:
    with pytest.raises(MelError, match="a graph that reads metadata, not pixels"):
        opened(doubling())({"pixels": np.zeros((1, 2), np.float32)})


def test_what_is_no_graph_is_refused_in_a_line() -> None:
    with pytest.raises(MelError, match=r"a graph that OpenVINO does not run \("):
        opened(b"nonsense")


def test_bfloat16_rounds_where_the_processor_has_it() -> None:
    if native_precision() != "bfloat16":
        pytest.skip("this processor has no bfloat16")
    assert opened(doubling(), "bfloat16")({"metadata": np.ones((1, 2), np.float32)})


def test_openvino_is_imported_without_a_call_to_its_maker() -> None:
    """Its telemetry forks a process on import, which asks for a network and may hang."""
    code = (
        "import multiprocessing as m; m.Process.start = lambda self: print('CALLS', flush=True);"
        "from mel.graphs import openvino; openvino().Core();"
        "import sys; print(sys.modules['openvino_telemetry'])"
    )
    plain = {k: v for k, v in os.environ.items() if k not in ("CI", "GITHUB_ACTIONS", "TF_BUILD")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=plain, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None"]


def test_without_a_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("openvino", "onnx"):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MelError, match=rf"need {name}.*pip install 'mel\[export\]'"):
            need(name)


@pytest.mark.parametrize("length", [b"\x08", b"\x88\x00"])
def test_a_graph_that_reads_another_file_is_refused(length: bytes, tmp_path: Path) -> None:
    """OpenVINO would take the numbers of any file on the machine."""
    other = tmp_path / "other.bin"
    other.write_bytes(np.arange(4, dtype=np.float32).tobytes())
    tensor = onnx.TensorProto(name="w", data_type=1, dims=[4], data_location=1)
    tensor.external_data.add(key="location", value=str(other))
    sides = [onnx.helper.make_tensor_value_info(name, 1, ["n", 4]) for name in ("x", "logit")]
    node = onnx.helper.make_node("Add", ["x", "w"], ["logit"])
    made = onnx.helper.make_graph([node], "g", sides[:1], sides[1:], [tensor])
    graph = onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", 17)])
    content = graph.SerializeToString().replace(b"\x08location", length + b"location")
    with pytest.raises(MelError, match="reads another file"):
        opened(content, batch=1)
