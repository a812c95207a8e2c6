/* rough.h - exp and GELU for AVX-512 where operands are rounded to 8 bits anyway: errors are up to 1e-4 of e^x, and under
 * 1e-4 in an activation, absolutely. vector.h has them to float32's own precision. */

/* 2^x, x from -126 on (below it is 2^-126, next to nothing): 2^k 2^r with |r| <= 1/2, and for 2^r the cubic that is 1 at
 * 0 and has the smallest relative error, 1.0e-4. */
INLINE vec rough_exp2(vec x)
{
    __m512 v = _mm512_max_ps(_mm512_set1_ps(-126.0f), (__m512)x); /* what is not a number stays so */
    __m512 k = _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    vec r = (vec)_mm512_sub_ps(v, k);
    vec y = r * 0.05500893f + 0.24221097f;
    y = y * r + 0.69328293f;
    y = y * r + 1.0f;
    return (vec)_mm512_scalef_ps((__m512)y, k);
}

/* x Phi(x), Phi by Abramowitz and Stegun 7.1.25: for z = a / sqrt(2) >= 0, erfc(z) = t P(t) e^(-z^2), t = 1 / (1 + 0.47047 z). */
INLINE vec rough_gelu(vec x)
{
    vec a = (vec)_mm512_abs_ps((__m512)x);
    vec t = (vec)_mm512_rcp14_ps((__m512)(a * 0.33267252f + 1.0f));
    vec p = t * 0.3739278f + -0.0479399f;
    p = p * t + 0.1740121f; /* half of the handbook's: Q = erfc / 2 */
    vec q = p * t * rough_exp2(a * a * -0.72134752f); /* log2(e) / 2 */
    __mmask16 negative = _mm512_movepi32_mask((__m512i)x);
    return x * (vec)_mm512_mask_sub_ps((__m512)q, (__mmask16)~negative, _mm512_set1_ps(1.0f), (__m512)q);
}
