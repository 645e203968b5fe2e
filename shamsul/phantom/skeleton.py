"""Bones: ribs, spine, clavicles, scapulae, humeri and sternum as swept shells and solids."""

from __future__ import annotations

import numpy as np

from .cavity import Wall
from .detector import Detector, enlarge
from .patient import Patient
from .tissues import Paths, Tissue
from .tubes import Cloud, curve, join, shell, solid

_DROP = np.array([34, 52, 68, 82, 94, 103, 108, 106, 100, 94, 74, 30], dtype=float)
_END = np.array([150, 148, 147, 147, 147, 147, 146, 142, 136, 129, 112, 66], dtype=float)
_HALF = np.array([6.4, 6.2, 6.3, 6.5, 6.7, 6.8, 6.8, 6.8, 6.6, 6.2, 5.4, 4.6])

_HALF_BODY, _TALL_BODY = 16.8, 9.0
"""Half-width and half-height of the template vertebra, mm."""


class Skeleton:
    """Collects clouds of compact and trabecular bone.

    Parameters
    ----------
    patient : Patient
        The anatomy.
    detector : Detector
        The rays; its pixel size sets the sampling.
    rng : numpy.random.Generator
        Individual irregularity.
    """

    def __init__(self, patient: Patient, detector: Detector, rng: np.random.Generator) -> None:
        self.patient = patient
        self.detector = detector
        self.rng = rng
        self.wall = Wall(patient)
        self.scale = patient.half_width / 138
        self.step = 0.95 * detector.pixel_mm
        # The spongy core has no sharp edge of its own: half the pixels do.
        height, width = detector.shape
        half = (-(-height // 2), -(-width // 2))
        self.coarse = Detector(half, detector.field_mm, detector.pose)
        self.compact: list[Cloud] = []
        self.spongy: list[Cloud] = []

    def insert(self, paths: Paths) -> None:
        """Draw every bone, then turn soft tissue on the rays into bone."""
        for side in (-1, 1):
            for number in range(12):
                self._rib(number, side)
            self._clavicle(side)
            self._scapula(side)
            self._humerus(side)
        self._spine()
        bone = self.patient.bone
        points, volume = join(self.spongy)
        marrow = self.coarse.splat(points, 1.15 * bone * volume)
        points, volume = join(self.compact)
        thickness = {
            Tissue.CORTEX: self.detector.splat(points, 0.85 * bone * volume),
            Tissue.MARROW: enlarge(marrow, self.detector.shape),
        }
        for tissue, thick in thickness.items():
            paths.mm[Tissue.SOFT] -= thick
            paths.mm[tissue] += thick
        np.maximum(paths.mm[Tissue.SOFT], 0, out=paths.mm[Tissue.SOFT])

    def _bone(
        self,
        line: np.ndarray,
        radius: np.ndarray | float,
        wall: np.ndarray | float,
        normal: np.ndarray | None = None,
        flatness: float = 1.0,
        spongy: np.ndarray | float = 1.0,
        capped: bool = True,
    ) -> None:
        """One bone: a shell of compact bone around a spongy core of relative density `spongy`."""
        pixel = self.detector.pixel_mm
        self.compact.append(shell(line, radius, wall, pixel, normal, flatness, capped))
        if np.max(spongy) == 0:
            return
        every = slice(None, None, 2 if len(line) > 8 else 1)
        across = normal if normal is None or normal.ndim == 1 else normal[every]
        points, volume = solid(
            line[every],
            0.95 * np.broadcast_to(radius, len(line))[every],
            2 * pixel,
            across,
            flatness,
            capped,
        )
        density = np.broadcast_to(spongy, len(line))[every]
        self.spongy.append((points, volume * np.repeat(density, len(volume) // len(density))))

    def _rib(self, number: int, side: int) -> None:
        patient, rng = self.patient, self.rng
        head = patient.vertebra(number + 1) - 0.25 * patient.pitch
        drop = _DROP[number] * self.scale * patient.rib_drop * (1 + rng.normal(0, 0.03))
        end = np.deg2rad(_END[number] + rng.normal(0, 2))
        angle = np.linspace(np.deg2rad(36 if number else 45), end, 16)
        fraction = angle / np.deg2rad(147)
        # Nearly level off the spine, steep along the flank.
        level = head + drop * np.interp(
            fraction, [0, 0.24, 0.4, 0.55, 0.7, 0.85, 1.0], [0, 0.06, 0.22, 0.46, 0.70, 0.87, 1.0]
        )
        level += 1.2 * np.sin(3 * fraction + rng.uniform(0, 6)) * (0.5 + 0.5 * fraction)
        width, depth, centre = self.wall.at(np.maximum(level, 3.0))
        width, depth = width + 2.5, depth + 3.5
        if number == 0:
            width = np.minimum(width, 0.50 * patient.half_width)
        across = width * np.abs(np.sin(angle)) ** 0.82
        front = centre - depth * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.9
        line = np.stack([side * across, level, front], axis=1)
        root = np.array(
            [[side * 13, head + 1.5, front[0] + 20], [side * 27, head - 0.5, front[0] + 7]]
        )
        line = curve(np.vstack([root, line]), self.step)
        line[:, 0] += patient.spine_left(line[:, 1])
        outward = np.stack(
            [line[:, 0], np.zeros(len(line)), 1.2 * (line[:, 2] - centre.mean())], axis=1
        )
        along = np.linspace(0, 1, len(line))
        half = (
            _HALF[number]
            * self.scale
            * (0.45 + 0.55 * np.minimum(along / 0.14, 1) + 0.12 * along**2)
        )
        half = half * (1 + 0.05 * np.sin(9 * along + rng.uniform(0, 6)))
        self._bone(
            line,
            half,
            (0.9 - 0.5 * along) * np.minimum(0.4 + along / 0.12, 1),
            outward,
            0.42,
            (0.9 - 0.65 * along) * np.minimum(0.3 + along / 0.15, 1),
        )
        if number < 10:
            self._cartilage(line[-1], side, number)

    def _cartilage(self, start: np.ndarray, side: int, number: int) -> None:
        """Costal cartilage, barely denser than muscle until it calcifies with age."""
        if self.patient.age < 35:
            return
        target = np.array([side * 18.0, start[1] - (8 + 7 * number), start[2] + 12])
        middle = 0.5 * (start + target) + np.array([0, 7.0, 4.0])
        line = curve(np.stack([start, middle, target]), self.step)
        line = line[: max(4, int(len(line) * self.rng.uniform(0.2, 0.6)))]
        amount = 0.06 * np.clip((self.patient.age - 35) / 40, 0, 1) * self.rng.uniform(0.2, 1.6)
        self.compact.append(shell(line, 5.5 * self.scale, amount, self.detector.pixel_mm))

    def _clavicle(self, side: int) -> None:
        patient, rng, s = self.patient, self.rng, self.scale
        lift = rng.normal(0, 5)
        width = patient.half_width
        top = self.patient.vertebra(3) - 10
        controls = np.array(
            [
                [13, top + 6, 62],
                [30, top + 1, 60],
                [62, top - 9, 48],
                [0.42 * width + 40, top - 20 - lift, 22],
                [width + 4, top - 28 - 1.5 * lift, -8],
                [width + 22, top - 29 - 1.5 * lift, -14],
            ]
        )
        controls[:, 0] *= side
        controls[:, 1] += rng.normal(0, 1.5, 6)
        line = curve(controls, self.step)
        along = np.linspace(0, 1, len(line))
        radius = s * (5.6 + 3.4 * np.exp(-along / 0.09) + 1.6 * np.clip((along - 0.8) / 0.2, 0, 1))
        self._bone(line, radius, 1.5 * s * (1 - 0.45 * np.abs(2 * along - 1) ** 3))

    def _scapula(self, side: int) -> None:
        patient, rng, s = self.patient, self.rng, self.scale
        width = patient.half_width
        swing = 10 * patient.arm + rng.normal(0, 3) + (0 if patient.pose.front_on_detector else -14)
        glenoid = np.array([width + 24 + 0.4 * swing, 14 + rng.normal(0, 3), -30.0])
        inferior = np.array([width - 8 + 1.6 * swing, 138 * s + rng.normal(0, 5), -82.0])
        superior = np.array([width - 62 + 0.8 * swing, -2 + rng.normal(0, 4), -72.0])
        medial = np.array([width - 58 + swing, 70 * s, -88.0])
        acromion = np.array([width + 34 + 0.4 * swing, -22 + rng.normal(0, 3), -26.0])
        flip = np.array([side, 1, 1])

        def line(*controls: np.ndarray) -> np.ndarray:
            return curve(np.stack(controls) * flip, self.step)

        neck = glenoid + np.array([-9, 8, -6.0])
        lateral = line(neck, 0.5 * (neck + inferior) + np.array([3, 0, 0.0]), inferior)
        along = np.linspace(0, 1, len(lateral))
        taper = np.sqrt(np.minimum(along / 0.12 + 0.1, 1)) * (1 - 0.75 * along)
        self._bone(lateral, s * 4.8 * taper, 1.1 * np.sqrt(taper))
        corner = superior + np.array([9, -7, 3.0])
        rim = line(
            inferior,
            medial,
            np.add(superior, [-2, 9, 0]),
            corner,
            0.5 * (corner + glenoid) + [0, -3, 0],
            np.add(glenoid, [-8, -10, 0]),
        )
        self._bone(rim, 1.5 * s, 0.45, spongy=0.0)
        ridge = line(
            np.add(medial, [2, -44, 2]),
            np.add(superior, [44, 2, -6]),
            np.add(acromion, [-14, 0, -6]),
            np.add(acromion, [4, 2, 12]),
        )
        along = np.linspace(0, 1, len(ridge))
        self._bone(ridge, s * (2.4 + 4.4 * along**2), 0.9, np.array([0.0, 0.6, 0.8]), 0.6)
        self._bone(
            line(
                np.add(glenoid, [-16, -10, 4]),
                np.add(glenoid, [-12, -14, 20]),
                np.add(glenoid, [-4, -6, 32]),
            ),
            4.6 * s,
            0.55,
        )
        ring = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        cup = glenoid + np.stack(
            [3.5 * np.cos(ring), 17 * s * np.sin(ring), 4 * np.sin(ring)], axis=1
        )
        self._bone(curve(cup * flip, self.step, closed=True), 1.7, 1.0, spongy=0.0)
        self._blade(np.stack([neck, inferior, medial, superior]) * flip)

    def _blade(self, corners: np.ndarray) -> None:
        """The thin plate between the scapular borders."""
        n = int(np.clip(140 / self.detector.pixel_mm, 60, 260))
        u, v = np.meshgrid((np.arange(n) + 0.5) / n, (np.arange(n) + 0.5) / n)
        a, b, c, d = corners
        u, v = u[..., None], v[..., None]
        points = (1 - u) * (1 - v) * a + (1 - u) * v * b + u * v * c + u * (1 - v) * d
        area = 0.5 * np.linalg.norm(np.cross(c - a, d - b))
        self.compact.append((points.reshape(-1, 3), np.full(n * n, 0.9 * area / n**2)))

    def _humerus(self, side: int) -> None:
        patient, s = self.patient, self.scale
        head = np.array([patient.half_width + 47 + 5 * patient.arm, 12.0, -16.0])
        shaft = head + np.array([8 + 14 * patient.arm, 46, 2])
        far = shaft + np.array([95 * patient.arm, 250, 0])
        line = curve(
            np.stack([np.add(head, [-3, -20, 0]), head, shaft, far]) * [side, 1, 1], self.step
        )
        travelled = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        cap = np.sqrt(np.clip(1 - (1 - travelled / 22) ** 2, 0.02, 1))
        radius = s * np.where(
            travelled < 22, 23 * cap, 11.5 + 11.5 * np.exp(-(((travelled - 22) / 26) ** 2))
        )
        wall = np.clip(0.7 + 3.2 * (travelled - 35) / 45, 0.7, 3.8)
        self._bone(line, radius, wall)

    def _spine(self) -> None:
        """Cervical to lumbar vertebrae, all stretched from one template."""
        patient, s = self.patient, self.scale
        whole = (len(self.compact), len(self.spongy))
        self._vertebra()
        compact, spongy = join(self.compact[whole[0] :]), join(self.spongy[whole[1] :])
        del self.compact[whole[0] :], self.spongy[whole[1] :]
        for number in range(-4, 16):
            level = patient.vertebra(number)
            if abs(level - patient.pose.centre[0]) > 0.6 * patient.field_mm[0]:
                continue
            half = s * (12.5 + (0.62 if number > 0 else 0.3) * number)
            tall = 0.40 * (patient.vertebra(number + 0.5) - patient.vertebra(number - 0.5))
            middle = np.array(
                [patient.spine_left(level), level, -48.0 - 6 * np.sin(np.pi * number / 12)]
            )
            slope = patient.spine_bend / 75 * np.cos(level / 75 + patient.spine_phase)
            stretch = np.array([half / _HALF_BODY, tall / _TALL_BODY, half / _HALF_BODY])
            stretch *= np.exp(self.rng.normal(0, 0.025, 3))
            kyphosis = np.deg2rad(3.5 * (number - 7) + self.rng.normal(0, 1.5))
            shape = np.array(
                [
                    [1, slope, 0],
                    [-slope, np.cos(kyphosis), -np.sin(kyphosis)],
                    [0, np.sin(kyphosis), np.cos(kyphosis)],
                ]
            )
            for clouds, (points, volume) in ((self.compact, compact), (self.spongy, spongy)):
                # Above the shoulders the arches are slight.
                density = stretch[0] * stretch[1] * (1.0 if number > 1 else 0.55)
                clouds.append(((points * stretch) @ shape + middle, density * volume))

    def _vertebra(self) -> None:
        """A mid-thoracic vertebra about the middle of its body: body, end plates, arch."""
        half, tall, deep, step = _HALF_BODY, _TALL_BODY, 0.85 * _HALF_BODY, self.step
        stack = curve(np.array([[0, -tall, 0], [0, 0, 0], [0, tall, 0.0]]), step)
        waist = half * (0.87 + 0.13 * np.linspace(-1, 1, len(stack)) ** 2)
        front = np.array([0.0, 0.0, 1.0])
        self._bone(stack, waist, 0.45, front, deep / half, 0.45, capped=False)
        for end in (-1, 1):
            disc = np.array([[0, end * tall + d, 0] for d in (-0.8, 0.0, 0.8)])
            points, volume = solid(
                disc,
                0.97 * half,
                self.detector.pixel_mm,
                np.array([0.0, 0.1, 1.0]),
                deep / half,
                capped=False,
            )
            self.compact.append((points, 0.2 * volume))
        ring = np.linspace(0, 2 * np.pi, 10, endpoint=False)
        for side in (-1, 1):
            oval = np.stack([2.8 * np.cos(ring), 4.6 * np.sin(ring), 0 * ring], axis=1)
            pedicle = np.array([side * 0.66 * half, -0.25 * tall, -deep - 4]) + oval
            self._bone(curve(pedicle, step, closed=True), 0.9, 1.0, spongy=0.0)
            root = np.array([side * 0.6 * half, -0.1 * tall, -deep - 14])
            process = curve(np.stack([root, np.add(root, [side * 15, -3, -8])]), step)
            taper = np.sqrt(np.linspace(1, 0.15, len(process)))
            self._bone(process, 3.6 * taper, 0.3 * taper)
            lamina = np.array(
                [[side * 0.55 * half, 0.1 * tall, -deep - 16], [0, 0.9 * tall, -deep - 26]]
            )
            self._bone(curve(lamina, step), 3.0, 0.35, spongy=0.6)
        drop = np.stack(
            [2.4 * np.cos(ring), 1.15 * tall + 6.0 * np.sin(ring), 0 * ring - deep - 34], axis=1
        )
        self._bone(curve(drop, step, closed=True), 0.9, 1.1, spongy=0.0)
